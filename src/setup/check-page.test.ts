import { expect, test } from 'vitest'
import { checkPage } from './check-page.js'
import { scriptTag, tagManagerTag } from './script-tag.js'

const SITE = '0123456789abcdef0123456789abcdef'
const UUID = '01234567-89ab-cdef-0123-456789abcdef'
const PAGE = 'https://www.shop.example/contact'
const TAG = scriptTag(SITE, 'https://console.example/assets/core.proxy.js')

const check = (html: string, policies: string[] = []) =>
  checkPage({ url: PAGE, html, policies }, [UUID, SITE])
const ids = (html: string, policies: string[] = []): string[] =>
  check(html, policies).findings.map(({ id }) => id)

test.each([
  ['as init writes it', TAG],
  ['with the UUID', TAG.replace(SITE, UUID.toUpperCase())],
  ['in single quotes, on several lines', TAG.replaceAll('"', "'").replaceAll(' data', '\n data')],
  ['without quotes', TAG.replaceAll('"', '')],
  ['as a module', TAG.replace('async', 'type="module"')],
  ['after a comment that has another', `<!-- <script data-ops-site-id="x"> -->${TAG}`],
  ['with an attribute that has a ">"', TAG.replace('async', 'async data-note="a > b"')],
])('a tag %s is in order, and its addresses are absolute', (_, html) => {
  const { findings, tag } = check(`<head>${html}</head>`)
  expect(findings).toEqual([])
  expect(tag).toMatchObject({
    src: 'https://console.example/assets/core.proxy.js',
    proxyUrl: 'https://www.shop.example/ops/call-event',
    waitsForConsent: false,
  })
})

test('the tag that a tag manager’s script makes is in order', () => {
  expect(ids(tagManagerTag(SITE, '/ops/core.js'))).toEqual([])
})

test.each([
  ['a tag in a comment', `<!-- ${TAG} -->`, 'page-tag-missing'],
  ['a script of somebody else', '<script src="/app.js"></script>', 'page-tag-missing'],
  ['the tag of another site', TAG.replace(SITE, 'f'.repeat(32)), 'page-other-site'],
  [
    'neither proxy nor secret',
    TAG.replace(/ data-ops-proxy-url="[^"]*"/, ''),
    'page-sends-nowhere',
  ],
  ['LiteSpeed', TAG.replace('async', 'type="litespeed/javascript"'), 'page-script-delayed'],
  [
    'Cloudflare Rocket Loader',
    TAG.replace('async', 'type="0123456789abcdef01234567-text/javascript"'),
    'page-script-delayed',
  ],
  ['an address in data-src only', TAG.replace(' src=', ' data-src='), 'page-script-delayed'],
  ['a consent tool', TAG.replace('async', 'type="text/plain"'), 'page-script-waits'],
])('%s is named', (_, html, id) => {
  expect(ids(html)).toEqual([id])
})

test.each<[string, string, string[]]>([
  ["script-src 'self'", TAG, ['page-script-blocked']],
  ["default-src 'self'", TAG, ['page-script-blocked']],
  ["default-src 'self' https://console.example", TAG, []],
  ["script-src 'nonce-abc' 'strict-dynamic'", TAG, ['page-script-blocked']],
  ["script-src 'nonce-abc' 'strict-dynamic'", TAG.replace('async', 'async nonce="abc"'), []],
  ["script-src 'sha384-x'", TAG.replace('async', 'integrity="sha384-x"'), []],
  ['script-src *; connect-src https://elsewhere.example', TAG, ['page-policy-forbids']],
  ["img-src 'none'", TAG, []],
])('under the policy %s', (policy, html, expected) => {
  expect(ids(html, [policy])).toEqual(expected)
  const meta = `<meta http-equiv="Content-Security-Policy" content="${policy}">`
  expect(ids(meta + html)).toEqual(expected)
})
