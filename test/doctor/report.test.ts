import { afterEach, expect, it } from 'vitest'
import { diagnose, formatDiagnosis } from '../../cli/src/doctor/index.js'
import { findingsOf } from '../../cli/src/doctor/findings/symptom.js'
import { isPrintable } from '../../cli/src/probe/printable.js'
import { examine } from './support/expect.js'
import { startGateway, startPlain } from './support/gateway.js'
import {
  LIVE_TOKEN,
  ORIGIN,
  SECRET,
  SITE,
  startInMemory,
  type TestServer,
} from './support/server.js'

const started: TestServer[] = []
afterEach(async () => {
  for (const one of started.splice(0).toReversed()) await one.stop()
})

const CONSOLE = 'https://console.example'

it.each([
  [{ consoleUrl: 'console.example' }, 'did you mean "https://console.example"?'],
  [{ consoleUrl: '' }, 'console URL: "" is not an http(s) URL'],
  [{ consoleUrl: 'https://u:p@console.example' }, 'user name'],
  [
    { origin: 'www.customer.com' },
    '--origin: "www.customer.com" is not an origin such as "https://www.customer.com"; did you mean "https://www.customer.com"?',
  ],
  [{ origin: 'https://www.customer.com/shop' }, 'did you mean "https://www.customer.com"?'],
  [{ origin: '*' }, '--origin: "*" is not an origin'],
  [{ origin: 'null' }, '--origin: "null" is not an origin'],
  [{ proxyUrl: 'ftp://x' }, '--proxy-url: "ftp://x"'],
  [{ siteId: 'shop' }, '--site-id: "shop" is neither a UUID nor 32 hex digits'],
  [
    { siteId: SITE, secretEnv: 'NO_SUCH', env: {} },
    '--secret-env: the environment variable NO_SUCH is not set',
  ],
  [{ siteId: SITE, secretEnv: 'E', env: { E: '' } }, 'E is empty'],
  [{ siteId: SITE, secretEnv: 'E', env: { E: 'short' } }, 'has 5 characters'],
  [{ secretEnv: 'E', env: { E: SECRET } }, '--secret-env needs --site-id'],
])('arguments that cannot be used are named: %j', async (wrong, said) => {
  const diagnosis = await diagnose({ consoleUrl: CONSOLE, origin: ORIGIN, ...wrong })
  expect(diagnosis.exitCode).toBe(2)
  expect(diagnosis.findings).toEqual([])
  expect(diagnosis.problems.join('\n')).toContain(said)
  expect(formatDiagnosis(diagnosis)).toContain(said)
})

it('every problem of the arguments is told at once', async () => {
  const { problems } = await diagnose({ consoleUrl: 'x', origin: 'y', siteId: 'z' })
  expect(problems).toHaveLength(3)
})

it('a secret that was given in place of the variable’s name is not shown', async () => {
  for (const secretEnv of [SECRET, 'AbCdEfGhIjKlMnOpQrSt', 'a1b2c3d4e5f60718293a4b5c6d7e8f90']) {
    const diagnosis = await diagnose({
      consoleUrl: CONSOLE,
      origin: ORIGIN,
      siteId: SITE,
      secretEnv,
      env: {},
    })
    expect(diagnosis.exitCode).toBe(2)
    expect(JSON.stringify(diagnosis)).not.toContain(secretEnv)
  }
})

it('an origin is taken as a browser would write it', async () => {
  const server = await startInMemory()
  started.push(server)
  const diagnosis = await examine(`${server.url}/api/health`, {
    origin: 'HTTPS://WWW.Customer.Example:443/',
  })
  expect(diagnosis.origin).toBe(ORIGIN)
  expect(diagnosis.consoleUrl).toBe(server.url)
  expect(diagnosis.exitCode).toBe(0)
})

it('neither secret nor token is ever shown, even by a server that echoes everything', async () => {
  const server = await startInMemory()
  const gateway = await startGateway(server.url, {
    back: (answer, asked) => {
      answer.body = JSON.stringify({ code: SECRET, asked, secret: SECRET, token: LIVE_TOKEN })
      answer.headers['location'] = `https://x.example/?${SECRET}`
    },
  })
  started.push(server, gateway)
  for (const secret of [SECRET, `${SECRET} "x"`]) {
    const diagnosis = await examine(gateway.url, {
      siteId: SITE,
      secretEnv: 'S',
      liveTokenEnv: 'T',
      env: { S: secret, T: LIVE_TOKEN },
      proxyUrl: `${gateway.url}/api/call-event/v2`,
    })
    const text = JSON.stringify(diagnosis) + formatDiagnosis(diagnosis, { color: true })
    expect(diagnosis.exitCode).toBe(1)
    expect(text).not.toContain(secret)
    expect(text).not.toContain(LIVE_TOKEN)
  }
})

it('the report begins with what explains most of it and the verdict, and shows each finding with what to change', async () => {
  const server = await startInMemory({ ALLOWED_ORIGINS: 'https://customer.example' })
  started.push(server)
  const diagnosis = await examine(server.url)
  const text = formatDiagnosis(diagnosis)
  const lines = text.split('\n')
  expect(lines[0]).toBe(
    'The server does not allow the origin https://www.customer.example: add it to ALLOWED_ORIGINS, or name an allowed one with --origin.',
  )
  expect(lines[2]).toBe(
    'Something is wrong in the list of allowed origins: https://www.customer.example is not in the list of allowed origins; https://customer.example is (without www): each is an origin of its own (and 1 more).',
  )
  expect(text).toContain('ERROR  origin-not-listed  (allowlist)')
  expect(text).toContain(`change  ALLOWED_ORIGINS=<…keep what is there>,${ORIGIN}`)
  expect(text).toContain(`by      curl -sS -i -X OPTIONS -H 'Origin: ${ORIGIN}'`)
  expect(text).not.toContain('\u001b')
  expect(formatDiagnosis(diagnosis, { color: true })).toContain('\u001b[31m')
})

it('what a server answers cannot move the terminal’s cursor', async () => {
  const rude = await startPlain((_, response) => {
    response.writeHead(403, { 'content-type': 'text/plain' })
    response.end('\u001b[2J\u001b[1;31mpwned\u0007')
  })
  started.push(rude)
  const text = formatDiagnosis(await examine(rude.url))
  expect(text).toContain('pwned')
  expect(text).not.toContain('\u001b')
  expect(text).not.toContain('\u0007')
})

it('what a server writes stays in its own line of the report', () => {
  const forged = 'x\nok  all-good: nothing is wrong\u001b[2J\u009b31m\u202e'
  const [finding] = findingsOf([
    {
      id: 'server-error',
      severity: 'error',
      title: `The server says ${forged}`,
      where: '',
      saw: forged,
    },
  ])
  const report = formatDiagnosis({
    exitCode: 1,
    obstacle: { code: 'ORIGIN_DENIED', message: finding!.title },
    verdict: finding!.title,
    consoleUrl: CONSOLE,
    origin: ORIGIN,
    proxyUrl: null,
    at: '2026-01-01T00:00:00.000Z',
    tookMs: 1,
    findings: [finding!],
    problems: [],
  })
  expect(isPrintable(report.replaceAll('\n', ''))).toBe(true)
  expect(report).not.toMatch(/^ok/m)
})
