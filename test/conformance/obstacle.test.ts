import { expect, test } from 'vitest'
import { createMemoryLimiter, OriginPolicy } from '../../server-reference/src/index.js'
import { limits } from '../../server-reference/src/testing/world.js'
import { SITE } from '../../server-reference/src/testing/sign.js'
import {
  findObstacle,
  formatObstacle,
  NotSeen,
  openServer,
  type Obstacle,
  type ServerOptions,
} from '../../cli/src/conformance/index.js'
import { appOf, knows, type Ask } from './reference.js'

const open = async (ask: Ask, told: Partial<ServerOptions> = {}) =>
  (
    await openServer({
      ...knows,
      ...told,
      fetch: (async (url: string, init: RequestInit) =>
        ask(new Request(url, init))) as typeof fetch,
    })
  )('obstacle')

const found = async (ask: Ask, told?: Partial<ServerOptions>): Promise<Obstacle | undefined> =>
  findObstacle(await open(ask, told))

test('nothing stands in the way of the reference server, and looking leaves no row', async () => {
  const server = await open(appOf())
  expect(await findObstacle(server)).toBeUndefined()
  expect(server.traces).toMatchObject({ calls: 0, views: 0, requests: 4 })
})

const page: Ask = () =>
  new Response('<h1>Welcome</h1>', { headers: { 'Content-Type': 'text/html' } })
const unavailable: Ask = async (request) => {
  const isSigned = request.headers.has('x-ops-signature')
  return isSigned
    ? Response.json({ error: 'later', code: 'SIGNATURE_VERIFY_UNAVAILABLE' }, { status: 503 })
    : appOf()(request)
}

test.each<[string, () => Ask, Partial<ServerOptions>, Obstacle]>([
  [
    'a page of something else',
    () => page,
    {},
    {
      code: 'NOT_A_CONTRACT_SERVER',
      message:
        'https://console.example is no server of this contract: GET /api/health got 200 text/html, POST /api/call-event got 200 text/html. Is it the address of the console, without a path?',
    },
  ],
  [
    'another list of origins',
    () => appOf({ origins: new OriginPolicy([{ origin: 'https://other.example', until: null }]) }),
    {},
    {
      code: 'ORIGIN_DENIED',
      message: `The server does not allow the origin ${knows.origin}: add it to ALLOWED_ORIGINS, or name an allowed one with --origin.`,
    },
  ],
  [
    'signing disabled',
    () => appOf({ signingDisabled: true }),
    {},
    {
      code: 'SIGNING_DISABLED',
      message:
        'The server does not verify signatures: take CALL_EVENT_SIGNING_DISABLED out of its environment and restart it.',
    },
  ],
  [
    'a wrong secret',
    () => appOf(),
    { secret: 'a-secret-of-some-other-site' },
    {
      code: 'SIGNATURE_REFUSED',
      message: `The server refuses the kit's signature (401 SIGNATURE_INVALID): the secret is not that of the site ${SITE.publicId}, there is no such site, or the server verifies in another way than section 3 says (the test vectors show it).`,
    },
  ],
  [
    'a verifier that is away',
    () => unavailable,
    {},
    {
      code: 'VERIFIER_UNAVAILABLE',
      message:
        'The server cannot verify signatures now (503 SIGNATURE_VERIFY_UNAVAILABLE): look at its database and its log.',
    },
  ],
  [
    'a limit that is smaller than a run',
    () => appOf({ limiter: createMemoryLimiter(limits({ address: 1_000 })) }),
    {},
    {
      code: 'BUDGET_TOO_SMALL',
      message:
        'The server takes 1000 requests a minute from one address, and the run needs about 5000: raise RATE_LIMIT_ADDRESS, or leave most requests out with --skip limit.',
    },
  ],
])('%s stops the run with one sentence', async (_, ask, told, obstacle) => {
  expect(await found(ask(), told)).toEqual(obstacle)
})

test('a server at which nothing listens is said to be unreachable', async () => {
  await expect(openServer({ ...knows, url: 'http://127.0.0.1:1' })).rejects.toThrow(NotSeen)
})

test('a limit that others have used up is waited for', async () => {
  const ask = appOf({ limiter: createMemoryLimiter(limits({ address: 5_001 })) })
  const server = await open(ask)
  const waits: [number, string][] = []
  const wait = async (seconds: number, reason: string): Promise<void> =>
    void waits.push([seconds, reason])
  expect(await findObstacle(server, { wait })).toBeUndefined()
  expect(await findObstacle(server, { wait, isWithoutLimits: true })).toBeUndefined()
  expect(waits).toEqual([[expect.any(Number), expect.stringContaining('of the 5001 a minute')]])
  expect(waits[0]![0]).toBeGreaterThan(0)
  expect(waits[0]![0]).toBeLessThanOrEqual(60)
})

test('as JSON it has the fields of every report', () => {
  const obstacle: Obstacle = { code: 'ORIGIN_DENIED', message: 'a sentence' }
  expect(JSON.parse(formatObstacle(obstacle, 'https://c.example'))).toEqual({
    target: 'https://c.example',
    contract: '1.0',
    conformant: false,
    stopped: obstacle,
    failed: [],
    broken: [],
    stale: [],
    results: [],
  })
})
