/** Something that a page may hold before the tracker's script, and that must not matter to it. */
export interface Piece {
  name: string
  /** Markup above the tracker's script; `EVIL` is replaced by an origin that must never receive anything. */
  above?: string
  /** JavaScript that runs before the tracker's script. */
  before?: string
  /** Appended to the page's address. */
  query?: string
  /** JavaScript that has run on an earlier page of the origin; `KEY` is replaced by the prefix of the tracker's keys. */
  earlier?: string
}

export const EVIL = 'EVIL'
export const KEY = 'KEY'

const named = (markup: string): Piece => ({ name: markup, above: markup })
const patched = (before: string): Piece => ({ name: before, before })
const stored = (key: string, value: string): Piece => ({
  name: `stored ${key || 'nothing'} = ${value.slice(0, 60)}`,
  earlier: `for (const storage of [localStorage, sessionStorage]) storage['${KEY}${key}'] = ${value}`,
})

const ID = '01900000-0000-7000-8000-000000000001'
const OTHER_ID = '01900000-0000-7000-8000-000000000002'
const entry = (fields: string): string =>
  `JSON.stringify({ id: '${ID}', body: '{}', at: Date.now(), tries: 0, next: 0, ${fields} })`

const CLOBBERED = [
  '<a id=opsmantik></a><a id=opsmantik name=mode></a>',
  '<form id=opsmantik><input name=mode value=proxy><input name=q></form>',
  '<iframe name=opsmantik></iframe>',
  `<p data-ops-site-id="ffffffffffffffffffffffffffffffff" data-ops-proxy-url="${EVIL}/ops"></p>`,
  `<div data-ops-site-id="" data-ops-proxy-url=""></div>`,
  `<template data-ops-site-id="ffffffffffffffffffffffffffffffff" data-ops-secret="0123456789abcdef0123" data-ops-console-url="${EVIL}"></template>`,
  `<base href="${EVIL}/">`,
  ...(
    'referrer URL documentURI baseURI cookie currentScript prerendering visibilityState hidden readyState scripts ' +
    'forms head body documentElement querySelector querySelectorAll getElementsByTagName addEventListener ' +
    'defaultView location createElement'
  )
    .split(' ')
    .map((name) => `<img name=${name}>`),
  '<a id=localStorage></a><a id=sessionStorage></a><a id=indexedDB></a><a id=crypto></a><a id=fetch></a>',
  '<form name=currentScript><input name=getAttribute><input name=src><input name=dataset></form>',
]

const PATCHES = [
  'Object.prototype.evil = 1; Array.prototype.evil = () => 1; String.prototype.evil = () => 1',
  // A mode that a request has too: `fetch` reads what its options inherit.
  `Object.prototype.mode = 'cors'; Object.prototype.q = [['intent', ['evil']]]`,
  `Object.prototype.toString = () => 'a'`,
  'Array.prototype.toJSON = function () { return "[" + this.join() + "]" }',
  'Date.prototype.toJSON = () => { throw new Error("toJSON") }',
  'Storage.prototype.setItem = Storage.prototype.getItem = () => { throw new Error("storage") }',
  `Object.defineProperty(window, 'localStorage', { value: { getItem: 1, length: 'x' } })`,
  `Object.defineProperty(window, 'sessionStorage', { value: null })`,
  `Object.defineProperty(window, 'indexedDB', { value: undefined })`,
  `Object.defineProperty(window, 'indexedDB', { get() { throw new DOMException('no', 'SecurityError') } })`,
  'IDBFactory.prototype.open = () => { throw new DOMException("no", "SecurityError") }',
  'IDBFactory.prototype.open = () => ({})',
  'IDBDatabase.prototype.transaction = () => { throw new DOMException("no", "InvalidStateError") }',
  'delete Crypto.prototype.randomUUID',
  'Navigator.prototype.sendBeacon = () => { throw new Error("beacon") }',
  'window.requestIdleCallback = undefined',
  `history.pushState = history.replaceState = () => { throw new Error('history') }`,
  'Object.freeze(history); Object.freeze(History.prototype)',
  `Element.prototype.closest = Element.prototype.matches = () => { throw new Error('closest') }`,
  `{ const { fetch } = window; window.fetch = function (...all) { return fetch.apply(this, all) } }`,
  `{ const { fetch } = window; window.fetch = (...all) => fetch(...all).then((response) => Object.assign(response, { evil: 1 })) }`,
  `{ const add = EventTarget.prototype.addEventListener
     EventTarget.prototype.addEventListener = function (type, listener, options) {
       return add.call(this, type, function (event) { return listener.call(this, event) }, options)
     } }`,
  `{ const { setTimeout } = window; window.setTimeout = (...all) => ({ id: setTimeout(...all) }); window.clearTimeout = () => {} }`,
  `window.opsmantik = { q: 'not a queue' }`,
  `window.opsmantik = { q: [['nothing', [], () => {}], null, 7] }`,
]

const QUERIES = [
  'gclid=a%00b',
  'gclid=%ED%A0%80',
  'gclid=%F0%9F%98%80&wbraid=%E2%80%AE',
  `gbraid=${'x'.repeat(300)}`,
  `gclid=${'%F0%9F%98%80'.repeat(200)}`,
  'gclid=&wbraid&gbraid=%',
  'gclid=a&gclid=b%00&__proto__=x&constructor=y',
  `wbraid=%00&${'long='.repeat(800)}`,
  'gclid=%3Cscript%3Ealert(1)%3C/script%3E#%00',
]

const STORED = [
  // The id is not the key's.
  stored(OTHER_ID, entry('')),
  stored(ID, entry(`body: JSON.stringify({ site_id: 'x' })`)),
  stored(ID, entry(`body: { toString: 1 }`)),
  stored(ID, entry(`body: 'x'.repeat(40_000), at: 7.8e15`)),
  stored(OTHER_ID, entry(`id: '${OTHER_ID}', body: 'x'.repeat(40_000), at: 7.8e15, next: 7.8e15`)),
  stored(ID, entry(`next: 'soon', tries: 'many', at: null`)),
  stored(ID, entry(`id: '__proto__'`)),
  stored('__proto__', entry(`id: '__proto__'`)),
  stored('', entry(`id: ''`)),
  stored(ID, `'null'`),
  stored(ID, `'{'`),
  stored(ID, `'[[]]'`),
  stored(ID, `'"text"'`),
  stored(ID, `'{}'`),
  stored('fp', `'{"a":1}'`),
  stored('fp', `JSON.stringify('x'.repeat(100_000))`),
  stored('fp', `JSON.stringify('a' + String.fromCharCode(0) + 'b')`),
  stored('fp', `'""'`),
  stored('fp', `'7'`),
  stored('skew', `'"abc"'`),
  stored('skew', `'1e308'`),
  stored('drops', `'{"full":"x","__proto__":{"y":1}}'`),
  stored('drops', `'"abc"'`),
  stored('gclid', `'{"a":1}'`),
  stored('ids', `JSON.stringify({ gclid: 'a' + String.fromCharCode(0), wbraid: {}, evil: 1 })`),
  stored('sid', `'{"a":1}'`),
]

export const PIECES: Piece[] = [
  ...CLOBBERED.map(named),
  ...PATCHES.map(patched),
  ...QUERIES.map((query) => ({ name: query.slice(0, 60), query })),
  ...STORED,
]
