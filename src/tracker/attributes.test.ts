// @vitest-environment happy-dom
import { beforeEach, expect, test, vi } from 'vitest'
import { ownScript, readAttributes } from './attributes.js'

beforeEach(() => {
  document.head.innerHTML = ''
  vi.restoreAllMocks()
})

const script = (attributes: string): HTMLScriptElement => {
  document.head.insertAdjacentHTML('beforeend', `<script type="text/plain" ${attributes}></script>`)
  return document.head.lastElementChild as HTMLScriptElement
}
const runningIs = (element: HTMLScriptElement | null) =>
  vi.spyOn(document, 'currentScript', 'get').mockReturnValue(element)

test('the script that is running is ours', () => {
  script('data-ops-site-id="other"')
  const own = script('data-ops-site-id="own"')
  runningIs(own)
  expect(ownScript()).toBe(own)
})

test('in a module, which has no current script, the first with our attribute is ours', () => {
  script('src="/jquery.js"')
  const own = script('data-ops-site-id="own"')
  runningIs(null)
  expect(ownScript()).toBe(own)
})

test('in a merged file the current script is not ours', () => {
  const own = script('data-ops-site-id="own"')
  runningIs(script('src="/merged.js"'))
  expect(ownScript()).toBe(own)
})

test('without any there is none', () => {
  runningIs(null)
  expect(ownScript()).toBeUndefined()
})

test('every attribute is read', () => {
  const own = script(
    `data-ops-site-id="s" data-ops-proxy-url="/p" data-ops-secret="k" data-ops-console-url="https://c.example"
     data-ops-intents="phone sms" data-ops-debug`,
  )
  expect(readAttributes(own)).toEqual({
    siteId: 's',
    proxyUrl: '/p',
    secret: 'k',
    consoleUrl: 'https://c.example',
    intents: 'phone sms',
    debug: true,
  })
})

test('the console is where the script came from, unless told otherwise', () => {
  expect(readAttributes(script('src="https://cdn.example/a/core.js"')).consoleUrl).toBe(
    'https://cdn.example',
  )
  expect(readAttributes(script('')).consoleUrl).toBe('')
})

test('an attribute that is not there is not an empty one', () => {
  expect(readAttributes(script('data-ops-proxy-url'))).toMatchObject({ proxyUrl: '', secret: null })
})
