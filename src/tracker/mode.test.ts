import { afterEach, expect, test, vi } from 'vitest'
import { chooseMode as choose } from './mode.js'
import { readOptions, type Options } from './options.js'

const base = 'https://shop.example/page/'
const siteId = '0123456789abcdef0123456789abcdef'
const secret = 'a-secret-of-24-characters'
const consoleUrl = 'https://console.example'

const chooseMode = (options: Options, page: string, script?: string) => {
  const [mode, url, why] = choose(readOptions(options), page, script)
  return { mode, url, why }
}

afterEach(() => vi.unstubAllGlobals())

test('a proxy URL gives proxy mode, whatever else is there', () => {
  const options = { siteId, proxyUrl: '/ops/call-event', secret, consoleUrl }
  expect(chooseMode(options, base)).toEqual({
    mode: 'proxy',
    url: 'https://shop.example/ops/call-event',
    why: '',
  })
})

test('a secret without a proxy URL gives signed mode, to the console', () => {
  expect(chooseMode({ siteId, secret, consoleUrl }, base)).toEqual({
    mode: 'signed',
    url: 'https://console.example/api/call-event',
    why: '',
  })
})

test('the console may live under a path, with or without a slash', () => {
  for (const end of ['', '/', '//'])
    expect(chooseMode({ siteId, secret, consoleUrl: consoleUrl + '/ops' + end }, base).url).toBe(
      'https://console.example/ops/api/call-event',
    )
})

test.each(['0123456789abcdef0123456789abcdef', '01234567-89AB-cdef-0123-456789abcdef'])(
  'site id %s is well formed',
  (id) => {
    expect(chooseMode({ siteId: id, proxyUrl: '/x' }, base).mode).toBe('proxy')
  },
)

test.each([
  ['neither proxy nor secret', { siteId }, 'secret'],
  ['a malformed site id', { siteId: 'YOUR_SITE_ID', proxyUrl: '/x' }, 'site-id'],
  ['no site id', { siteId: undefined as unknown as string, proxyUrl: '/x' }, 'site-id'],
  ['a proxy URL that is none', { siteId, proxyUrl: 'http://[', secret, consoleUrl }, 'proxy-url'],
  ['an empty proxy URL', { siteId, proxyUrl: '', secret, consoleUrl }, 'proxy-url'],
  ['a proxy URL with a foreign scheme', { siteId, proxyUrl: 'javascript:alert(1)' }, 'proxy-url'],
  ['a short secret', { siteId, secret: 'short', consoleUrl }, 'secret'],
  ['a console URL that is none', { siteId, secret, consoleUrl: 'https://' }, 'console-url'],
  ['no console URL', { siteId, secret }, 'console-url'],
])('%s gives noop, and says which option to look at', (_, options, why) => {
  expect(chooseMode(options, base)).toMatchObject({ mode: 'noop', why })
})

test('signed mode on an http page, which has no WebCrypto, gives noop', () => {
  vi.stubGlobal('crypto', {})
  expect(chooseMode({ siteId, secret, consoleUrl }, base)).toMatchObject({
    mode: 'noop',
    why: 'https',
  })
})

test('the console is where the script came from, unless another is named', () => {
  const script = 'https://cdn.example/a/core.js'
  expect(chooseMode({ siteId, secret }, base, script).url).toBe(
    'https://cdn.example/api/call-event',
  )
  expect(chooseMode({ siteId, secret, consoleUrl }, base, script).url).toBe(
    'https://console.example/api/call-event',
  )
})
