// @vitest-environment happy-dom
import { beforeEach, expect, test } from 'vitest'
import { readIntent } from './intent.js'

/** Returns the intent of a bubbling event on the element, as a listener on the window in the capture phase sees it. */
const press = (
  on: Element | null,
  type = 'click',
  init: MouseEventInit = {},
  intents = 'phone whatsapp sms email form',
) => {
  let found: ReturnType<typeof readIntent>
  const listen = (event: Event) => {
    found = readIntent(event, intents.split(' '))
    // happy-dom would follow the link.
    event.preventDefault()
  }
  window.addEventListener(type, listen, true)
  on!.dispatchEvent(
    new MouseEvent(type, { bubbles: true, composed: true, cancelable: true, ...init }),
  )
  window.removeEventListener(type, listen, true)
  return found
}

const page = (html: string) => {
  document.body.innerHTML = html
  return document.querySelector('#x')
}

beforeEach(() => {
  document.body.innerHTML = ''
})

const phone = { action: 'phone', target: '+90500' }

test('a link counts', () => {
  expect(press(page('<a id=x href="tel:+90500">call</a>'))).toEqual(phone)
})

test('a child of the link counts as the link', () => {
  expect(press(page('<a href="tel:+90500"><b><i id=x>call</i></b></a>'))).toEqual(phone)
})

test('an area of an image map counts', () => {
  expect(press(page('<map><area id=x href="tel:+90500"></map>'))).toEqual(phone)
})

test('a link in a shadow tree counts', () => {
  const host = page('<div id=x></div>')!
  host.attachShadow({ mode: 'open' }).innerHTML = '<a href="tel:+90500"><b>call</b></a>'
  expect(press(host.shadowRoot!.querySelector('b'))).toEqual(phone)
})

test('the middle button counts, the right one does not', () => {
  const link = page('<a id=x href="tel:+90500">call</a>')
  expect(press(link, 'auxclick', { button: 1 })).toEqual(phone)
  expect(press(link, 'auxclick', { button: 2 })).toBeUndefined()
})

test('the middle button opens links and presses nothing else', () => {
  expect(
    press(page('<button id=x data-ops-intent=booking>'), 'auxclick', { button: 1 }),
  ).toBeUndefined()
  const link = page('<a id=x href="tel:+90500" data-ops-intent=sales>')
  expect(press(link, 'auxclick', { button: 1 })).toEqual({ action: 'sales', target: '+90500' })
})

test('an element that is no link is not followed, whatever its href says', () => {
  expect(press(page('<p id=x href="tel:+90500">'))).toBeUndefined()
})

test('a press that was cancelled before us does not count', () => {
  const link = page('<a id=x href="tel:+90500">call</a>')
  const cancel = (event: Event) => event.preventDefault()
  window.addEventListener('click', cancel, true)
  expect(press(link)).toBeUndefined()
  window.removeEventListener('click', cancel, true)
})

test('an ordinary link and plain text do not count', () => {
  expect(press(page('<a id=x href="/about">about</a>'))).toBeUndefined()
  expect(press(page('<p id=x>text</p>'))).toBeUndefined()
})

test('data-ops-intent makes any element an intent, and data-ops-target names its target', () => {
  expect(press(page('<button id=x data-ops-intent=booking>'))).toEqual({
    action: 'booking',
    target: 'x',
  })
  expect(press(page('<p data-ops-intent=booking data-ops-target=room><b id=x>'))).toEqual({
    action: 'booking',
    target: 'room',
  })
})

test('data-ops-intent on a link renames it and keeps its target', () => {
  expect(press(page('<a id=x data-ops-intent=sales href="tel:+90500">'))).toEqual({
    action: 'sales',
    target: '+90500',
  })
})

test('the innermost element that says something decides', () => {
  expect(press(page('<p data-ops-intent=card><a id=x href="tel:+90500">'))).toEqual(phone)
  expect(press(page('<p data-ops-intent=card><a id=x href="/about">'))).toEqual({
    action: 'card',
    target: '',
  })
})

test('data-ops-ignore keeps an element and what is inside it out', () => {
  expect(press(page('<a id=x data-ops-ignore href="tel:+90500">'))).toBeUndefined()
  expect(press(page('<div data-ops-ignore><a id=x href="tel:+90500"></div>'))).toBeUndefined()
})

test('data-ops-intents says which links count', () => {
  const link = page('<a id=x href="mailto:a@b.c">')
  expect(press(link, 'click', {}, 'phone email')).toEqual({ action: 'email', target: 'a@b.c' })
  expect(press(link, 'click', {}, 'phone whatsapp')).toBeUndefined()
})

test('a submission is an intent, named after the form', () => {
  expect(press(page('<form id=x></form>'), 'submit')).toEqual({ action: 'form', target: 'x' })
  expect(press(page('<form id=x data-ops-intent=quote data-ops-target=t>'), 'submit')).toEqual({
    action: 'quote',
    target: 't',
  })
})

test('a form whose fields shadow its id is still found by its attribute', () => {
  expect(
    press(
      page('<form id=x><input name=id><input name=getAttribute><input name=localName></form>'),
      'submit',
    ),
  ).toEqual({ action: 'form', target: 'x' })
})

test('a form whose own field hides its name, and cannot be converted to a string, counts', () => {
  const form = page('<form id=x></form>')!
  const { prototype } = HTMLFormElement
  Object.defineProperty(prototype, 'localName', { get: () => Symbol('x'), configurable: true })
  const event = { type: 'submit', composedPath: () => [form] } as unknown as Event
  expect(readIntent(event, ['form'])).toEqual({ action: 'form', target: 'x' })
  Reflect.deleteProperty(prototype, 'localName')
})

test('a click in a form is not its submission, and an ignored form is silent', () => {
  expect(press(page('<form data-ops-intent=quote><button id=x>'))).toBeUndefined()
  expect(press(page('<form id=x data-ops-ignore>'), 'submit')).toBeUndefined()
})

test('an element around a form is not submitted', () => {
  expect(press(page('<div data-ops-intent=box><form id=x></form></div>'), 'submit')).toEqual({
    action: 'form',
    target: 'x',
  })
})

test('what is captured automatically is named in exact words', () => {
  const link = page('<a id=x href="tel:+90500">')
  expect(press(link, 'click', {}, 'microphone')).toBeUndefined()
  expect(press(link, 'click', {}, '')).toBeUndefined()
  const form = page('<form id=x></form>')
  expect(press(form, 'submit', {}, 'phone')).toBeUndefined()
})

test('what the page itself marks counts, whatever is captured automatically', () => {
  const marked = page('<form id=x data-ops-intent=quote></form>')
  expect(press(marked, 'submit', {}, '')).toEqual({ action: 'quote', target: 'x' })
  const link = page('<a id=x data-ops-intent=sales href="tel:+90500">')
  expect(press(link, 'click', {}, '')).toEqual({ action: 'sales', target: '+90500' })
})
