import { isPeer, peers } from './peers.mjs'

/**
 * The kind of a press: a link that leaves for another origin, in this tab or a new one, a phone link, a form that is
 * submitted to another origin, buttons that lead nowhere, one such button in the page's corner, or nothing to press.
 *
 * @typedef {'link' | 'blank' | 'tel' | 'form' | 'buttons' | 'corner' | 'none'} Kind
 */

/** Pixels from the left and from the top, at which the button in the corner can be pressed. */
export const BUTTON_AT = 20

/**
 * @typedef {object} Site
 * @property {import('./recorder.mjs').Mode} mode
 * @property {string} siteId
 * @property {string} secret
 * @property {string} consoleUrl
 * @property {string} elsewhere a page of another origin
 */

/** @param {string} name @param {string} elsewhere @returns {Record<Kind, string>} */
const elements = (name, elsewhere) => {
  const press = `id="${name}" data-ops-intent="call" data-ops-target="${name}"`
  return {
    link: `<a href="${elsewhere}" ${press}>go</a>`,
    blank: `<a href="${elsewhere}" target="_blank" ${press}>open</a>`,
    tel: `<a href="tel:+905000000000" ${press}>call</a>`,
    form: `<form action="${elsewhere}" data-ops-intent="call" data-ops-target="${name}"><button id="${name}">send</button></form>`,
    buttons: `<button ${press}>press</button>`,
    corner: `<button ${press} style="position: fixed; inset: 0 auto auto 0; width: 4em; height: 4em">press</button>`,
    none: '',
  }
}

// Reports presses to a peer as its documentation says: from a listener of the page's own.
const FOR_PEERS = `
  for (const type of ['click', 'submit'])
    addEventListener(type, (event) => {
      const pressed = event.target.closest('[data-ops-target]')
      if (pressed && (pressed.localName === 'form') === (type === 'submit')) report(pressed.dataset.opsTarget)
    })`

/** A shop writes to the storage of its origin while it loads, and its own write may be the only one that is soon on disk. */
const SHOP_WRITES = `for (const type of ['DOMContentLoaded', 'load']) addEventListener(type, () => {
  try { localStorage.setItem('cart', type + Date.now()) } catch {}
})`

/** Scripts that run in a page before any tracker. @type {Record<string, string>} */
const STORAGE = {
  blocked: `for (const name of ['localStorage', 'sessionStorage', 'indexedDB'])
    Object.defineProperty(window, name, { get() { throw new DOMException('blocked', 'SecurityError') } })`,
  full: `for (let chunk = 'x'.repeat(1 << 20), i = 0; chunk; i++)
    try { localStorage.setItem('junk' + i, chunk) } catch { chunk = chunk.slice(chunk.length >> 1, -1) }`,
}

/**
 * An expression that returns all text that a tracker keeps on the device: our own keys, in localStorage and, if a
 * tracker keeps its outbox there, in IndexedDB.
 */
export const KEPT = `(async () => {
  // Storage that is blocked keeps nothing; any other error is one of this measurement.
  try { localStorage, indexedDB } catch { return '' }
  const kept = Object.entries(localStorage).filter(([key]) => key.startsWith('opsmantik:')).map(([, value]) => value)
  const ask = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
  for (const { name } of await indexedDB.databases()) {
    if (!name.startsWith('opsmantik')) continue
    const db = await ask(indexedDB.open(name))
    for (const store of db.objectStoreNames)
      kept.push(...(await ask(db.transaction(store).objectStore(store).getAll())).map((value) => JSON.stringify(value)))
    db.close()
  }
  return kept.join('\\n')
})()`

/**
 * For a browser without a driver: presses by itself (untrusted, but the same way through the page), and says so.
 *
 * @param {string} name
 * @param {number} ms after the page has loaded
 */
const pressByItself = (name, ms) => `addEventListener('load', () => setTimeout(() => {
  document.getElementById('${name}').click()
  navigator.sendBeacon('/told/pressed')
}, ${ms}))`

/** For a browser without a driver: says again and again what is kept on the device. */
const TELL = `const tell = async () => navigator.sendBeacon('/told/kept', await ${KEPT}); setInterval(tell, 500); tell()`

/**
 * Returns a page of the shop.
 *
 * @param {Site} site
 * @param {URLSearchParams} query `kind`, `first`, `count`; `far`: the proxy is on another origin; `storage`: `blocked`
 *   or `full`; `auto`: a press to make by itself, `at`: milliseconds from the load to that press; `tell`: reports what
 *   is kept; `parts`: number of images on the page; `bare`: no tracker
 */
export function shopPage(site, query) {
  const kind = /** @type {Kind} */ (query.get('kind') ?? 'none')
  const names = pressNames(Number(query.get('first')), Number(query.get('count')))
  const auto = query.get('auto')
  const scripts = [
    SHOP_WRITES,
    STORAGE[query.get('storage') ?? ''],
    `addEventListener('pageshow', (event) => { window.restored = event.persisted })`,
    isPeer(site.mode) && FOR_PEERS,
    auto && pressByItself(auto, Number(query.get('at'))),
    query.has('tell') && TELL,
  ].filter(Boolean)
  return `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>shop</title>
${scripts.map((text) => `<script>${text}</script>`).join('\n')}
${query.has('bare') ? '' : embed(site, query.has('far'))}
<p>${names.map((name) => elements(name, site.elsewhere)[kind]).join('\n')}
${Array.from({ length: Number(query.get('parts')) }, (_, i) => `<img src="/part/${i}?${Math.random()}">`).join('')}
<p><a id="away" data-ops-ignore href="${site.elsewhere}">away</a>`
}

/** @param {Site} site @param {boolean} far */
function embed({ mode, siteId, secret, consoleUrl }, far) {
  if (isPeer(mode))
    return `<script type="module">${peers[mode].start(`${consoleUrl}/peer`)}</script>`
  const how =
    mode === 'signed'
      ? `data-ops-secret="${secret}" data-ops-console-url="${consoleUrl}"`
      : `data-ops-proxy-url="${far ? consoleUrl : ''}/ops"`
  return `<script src="/core.js" data-ops-site-id="${siteId}" ${how}></script>`
}

/**
 * Returns names of one length, so that none is part of another.
 *
 * @param {number} first
 * @param {number} count
 */
export const pressNames = (first, count) =>
  Array.from({ length: count }, (_, i) => `press-${String(first + i).padStart(5, '0')}`)
