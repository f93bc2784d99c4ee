// @vitest-environment happy-dom
import { expect, test } from 'vitest'
import { reader } from './attributes.js'

test('an attribute that is not there is not an empty one', () => {
  document.head.innerHTML = '<script type="text/plain" data-ops-proxy-url data-ops-site-id="s">'
  const read = reader(document.head.firstElementChild!)
  expect([read('site-id'), read('proxy-url'), read('secret')]).toEqual(['s', '', null])
})
