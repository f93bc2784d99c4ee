import { afterEach, expect, it } from 'vitest'
import type { Diagnosis } from '../../cli/src/doctor/index.js'
import { forbidding, metaPolicies } from '../../src/setup/csp.js'
import { examine, errorsOf, expectErrors, finding, warningsOf } from './support/expect.js'
import { startPlain } from './support/gateway.js'
import { startInMemory, type TestServer } from './support/server.js'

const started: TestServer[] = []
afterEach(async () => {
  for (const one of started.splice(0).toReversed()) await one.stop()
})
const keep = (server: TestServer): string => {
  started.push(server)
  return server.url
}

const page = async (
  headers: Record<string, string>,
  body = '<!doctype html>',
  status = 200,
): Promise<string> =>
  keep(
    await startPlain((_, response) => {
      response.writeHead(status, { 'content-type': 'text/html', ...headers })
      response.end(body)
    }),
  )

const examined = async (origin: string, allowed: string): Promise<Diagnosis> =>
  examine(keep(await startInMemory({ ALLOWED_ORIGINS: allowed })), { origin })

it('a page whose policy forbids it to send to the console', async () => {
  const origin = await page({ 'content-security-policy': "default-src 'self'; img-src *" })
  const diagnosis = await examined(origin, origin)
  const found = expectErrors(diagnosis, 'page-policy-forbids')
  expect(found.whose).toBe('customer page')
  expect(found.fix).toContain(`connect-src <…keep what is there> ${diagnosis.consoleUrl};`)
})

it('a page whose policy stands in its HTML', async () => {
  const origin = await page(
    {},
    `<!doctype html><meta content="connect-src 'self' https://api.example" http-equiv="Content-Security-Policy">`,
  )
  expectErrors(await examined(origin, origin), 'page-policy-forbids')
})

it('a page whose policy allows the console, or that has none, is well', async () => {
  for (const policy of [
    "connect-src 'self' http://127.0.0.1:*",
    'connect-src http:',
    'img-src none',
  ]) {
    const origin = await page({ 'content-security-policy': policy })
    expect(errorsOf(await examined(origin, origin))).toEqual([])
  }
})

it('pages that are redirected to another origin send that one', async () => {
  const www = await page({})
  const apex = await page({ location: `${www}/` }, '', 301)
  const found = expectErrors(await examined(apex, apex), 'page-on-another-origin')
  expect(found.whose).toBe('allowlist')
  expect(found.fix).toContain(`<…keep what is there>,${www}`)
})

it('an origin that is not listed but only redirects to one that is, is a warning', async () => {
  const www = await page({})
  const apex = await page({ location: `${www}/` }, '', 301)
  const diagnosis = await examined(apex, www)
  expect(errorsOf(diagnosis)).toEqual([])
  expect(warningsOf(diagnosis)).toEqual(['origin-not-listed', 'live-origin-refused'])
  expect(finding(diagnosis, 'origin-not-listed').title).toContain('redirected to')
})

it.each([
  ["connect-src 'none'", false],
  ["connect-src 'self'", false],
  ['connect-src *', true],
  ['connect-src https:', true],
  ['connect-src http:', true],
  ['connect-src wss:', false],
  ['connect-src console.example', true],
  ['connect-src https://console.example', true],
  ['connect-src https://console.example:443', true],
  ['connect-src https://console.example:8443', false],
  ['connect-src https://console.example:*', true],
  ['connect-src https://console.example/api/', true],
  ['connect-src https://console.example/api', false],
  ['connect-src https://console.example/other/', false],
  ['connect-src *.example', true],
  ['connect-src *.console.example', false],
  ["default-src 'self'; connect-src https://console.example", true],
  ["default-src 'self'", false],
  ["connect-src *; connect-src 'none'", true],
  ["script-src 'self'", true],
  ['', true],
])('the policy "%s" lets a page send to the console: %s', (policy, allowed) => {
  const url = 'https://console.example/api/call-event'
  expect(forbidding([policy], url, 'https://www.customer.example/') === null).toBe(allowed)
})

it('every policy has to allow it, and those in comments do not count', () => {
  const policies = metaPolicies(
    `<!-- <meta http-equiv="Content-Security-Policy" content="connect-src 'none'"> --><meta http-equiv='content-security-policy' content='default-src https:'>`,
  )
  expect(policies).toEqual(['default-src https:'])
  const url = 'https://console.example/x'
  expect(forbidding([...policies, "connect-src 'self'"], url, 'https://a.example/')).toBe(
    "connect-src 'self'",
  )
})
