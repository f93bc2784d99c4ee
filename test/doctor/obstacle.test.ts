import { afterEach, expect, it } from 'vitest'
import { createMemoryLimiter } from '../../server-reference/src/index.js'
import { limits } from '../../server-reference/src/testing/world.js'
import { formatDiagnosis, type DoctorOptions } from '../../cli/src/doctor/index.js'
import { examine } from './support/expect.js'
import { startGateway, startPlain, type GatewayFaults } from './support/gateway.js'
import { ORIGIN, SECRET, SITE, startInMemory, type TestServer } from './support/server.js'

const started: TestServer[] = []
afterEach(async () => {
  for (const one of started.splice(0).toReversed()) await one.stop()
})
const keep = <T extends TestServer>(server: T): T => {
  started.push(server)
  return server
}

const signed = (secret = SECRET): Partial<DoctorOptions> => ({
  siteId: SITE,
  secretEnv: 'OPS_SECRET',
  env: { OPS_SECRET: secret },
})
const behind = async (faults: GatewayFaults): Promise<string> =>
  keep(await startGateway(keep(await startInMemory()).url, faults)).url

it('nothing stands in the way of a healthy server: the report begins with the verdict, and no row is left', async () => {
  const server = keep(await startInMemory())
  const diagnosis = await examine(server.url, signed())
  expect(diagnosis.obstacle).toBeNull()
  expect(formatDiagnosis(diagnosis)).toMatch(/^All is well/)
  expect(server.recorded()).toBe(0)
})

it.each<[string, string, RegExp, () => Promise<string>, Partial<DoctorOptions>?]>([
  [
    'nothing listens',
    'UNREACHABLE',
    /^nothing answers at http:\/\/127\.0\.0\.1:9: connect ECONNREFUSED 127\.0\.0\.1:9\.$/,
    async () => 'http://127.0.0.1:9',
  ],
  [
    'something else answers',
    'NOT_A_CONTRACT_SERVER',
    /is no server of this contract: GET \/api\/health got 200 text\/html/,
    async () =>
      keep(
        await startPlain((_, response) => {
          response.writeHead(200, { 'Content-Type': 'text/html' })
          response.end('<h1>Welcome</h1>')
        }),
      ).url,
  ],
  [
    'the origin is not in the list',
    'ORIGIN_DENIED',
    new RegExp(`does not allow the origin ${ORIGIN}: add it to ALLOWED_ORIGINS`),
    async () => keep(await startInMemory({ ALLOWED_ORIGINS: 'https://other.example' })).url,
  ],
  [
    'signing is off',
    'SIGNING_DISABLED',
    /does not verify signatures: take CALL_EVENT_SIGNING_DISABLED out/,
    async () => keep(await startInMemory({ CALL_EVENT_SIGNING_DISABLED: '1' })).url,
  ],
  [
    'the secret is another’s',
    'SIGNATURE_REFUSED',
    /refuses the doctor's signature \(401 SIGNATURE_INVALID\): the secret is not that of the site/,
    async () => keep(await startInMemory()).url,
    signed('a-secret-of-some-other-site'),
  ],
  [
    'a gateway takes the signature away',
    'SIGNATURE_REFUSED',
    /received the doctor's signed request without its signature \(401 SIGNATURE_REQUIRED\)/,
    () =>
      behind({
        there: ({ headers }) => {
          delete headers['x-ops-signature']
        },
      }),
    signed(),
  ],
  [
    'the limit of an address is smaller than a diagnosis',
    'BUDGET_TOO_SMALL',
    /takes 50 requests a minute from one address, and the run needs about 60: raise RATE_LIMIT_ADDRESS\.$/,
    async () =>
      keep(await startInMemory({}, { limiter: createMemoryLimiter(limits({ address: 50 })) })).url,
  ],
])('%s: the report begins with that sentence', async (_, code, message, start, more) => {
  const diagnosis = await examine(await start(), more)
  expect(diagnosis.obstacle).toEqual({ code, message: expect.stringMatching(message) })
  expect(formatDiagnosis(diagnosis).split('\n')[0]).toBe(diagnosis.obstacle!.message)
})

it('an address that is redirected is checked at its end', async () => {
  const server = keep(await startInMemory())
  const gateway = keep(
    await startGateway(server.url, {
      instead: ({ path }) => ({ status: 308, headers: { location: server.url + path }, body: '' }),
    }),
  )
  expect((await examine(gateway.url, signed())).obstacle).toBeNull()
})

it('a server whose clock differs does not look like one with another secret', async () => {
  const server = keep(await startInMemory({}, { now: () => Date.now() + 3_600_000 }))
  expect((await examine(server.url, signed())).obstacle).toBeNull()
})

it('the sentence shows no secret that a server echoes', async () => {
  const rude = keep(
    await startPlain((_, response) => {
      response.writeHead(401, { 'Content-Type': 'application/json' })
      response.end(JSON.stringify({ code: `no ${SECRET}` }))
    }),
  )
  expect(JSON.stringify(await examine(rude.url, signed()))).not.toContain(SECRET)
})

it('a diagnosis needs no more requests than its check of the limit expects', async () => {
  const server = keep(await startInMemory({ ALLOWED_ORIGINS: 'https://other.example' }))
  let requests = 0
  const gateway = keep(await startGateway(server.url, { there: () => void requests++ }))
  await examine(gateway.url, {
    ...signed(' with-white-space-around-it '),
    proxyUrl: `${gateway.url}/api/call-event/v2`,
    oldOrigins: ['https://old.example'],
  })
  expect(requests).toBeGreaterThan(20)
  expect(requests).toBeLessThan(60)
})
