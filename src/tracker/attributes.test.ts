// @vitest-environment happy-dom
import { beforeEach, expect, test } from 'vitest'
import { ownScript, reader } from './attributes.js'

beforeEach(() => {
  document.head.innerHTML = ''
})

const script = (attributes: string): HTMLScriptElement => {
  document.head.insertAdjacentHTML('beforeend', `<script type="text/plain" ${attributes}></script>`)
  return document.head.lastElementChild as HTMLScriptElement
}

test('the first script with our attribute is ours, whatever runs it', () => {
  script('src="/jquery.js"')
  const own = script('data-ops-site-id="own"')
  script('data-ops-site-id="other"')
  expect(ownScript()).toBe(own)
})

test('without any there is none', () => {
  script('src="/jquery.js"')
  expect(ownScript()).toBeNull()
})

test('an attribute that is not there is not an empty one', () => {
  const read = reader(script('data-ops-proxy-url data-ops-site-id="s"'))
  expect([read('site-id'), read('proxy-url'), read('secret')]).toEqual(['s', '', null])
})
