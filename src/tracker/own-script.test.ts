// @vitest-environment happy-dom
import { beforeEach, expect, test } from 'vitest'
import { ownScript } from './own-script.js'

beforeEach(() => {
  document.head.innerHTML = ''
  document.body.innerHTML = ''
})

const script = (attributes: string): HTMLScriptElement => {
  document.head.insertAdjacentHTML('beforeend', `<script type="text/plain" ${attributes}></script>`)
  return document.head.lastElementChild as HTMLScriptElement
}

const running = (element: unknown): void =>
  void Object.defineProperty(Document.prototype, 'currentScript', {
    configurable: true,
    get: () => element,
  })
running(null)

test('the script that is running is ours, whatever else carries our attribute', () => {
  script('data-ops-site-id="other"')
  const own = script('data-ops-site-id="own"')
  running(own)
  expect(ownScript()).toBe(own)
  running(null)
})

test('a module, or a script whose attributes were removed, finds the first script with a site id', () => {
  script('src="/jquery.js"')
  const own = script('data-ops-site-id="own"')
  script('data-ops-site-id="other"')
  expect(ownScript()).toBe(own)
  running(script('src="/gtm.js"'))
  expect(ownScript()).toBe(own)
  running(null)
})

test('an element that is no script configures nothing', () => {
  document.body.innerHTML = '<p data-ops-site-id="evil" data-ops-proxy-url="https://evil.example/">'
  expect(ownScript()).toBeUndefined()
  // As <img name=currentScript> does, which a getter of the prototype does not see.
  Object.defineProperty(document, 'currentScript', {
    value: document.body.firstElementChild,
    configurable: true,
  })
  expect(ownScript()).toBeUndefined()
  const own = script('data-ops-site-id="own"')
  expect(ownScript()).toBe(own)
})
