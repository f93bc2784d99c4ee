import { CALL_EVENT_V1, CALL_EVENT_V2, HEALTH, LIVE, SYNC } from '@opsmantik/tracker/contract'
import { expect, it } from 'vitest'
import { callEventSteps, createApp, ingestRoute } from './app.js'
import { createMemoryLimiter } from './limits/memory-limiter.js'
import type { Step } from './steps/step.js'
import { call, event, type CallRequest } from './testing/call.js'
import { ORIGIN, OTHER_SITE, SITE, signed } from './testing/sign.js'
import { createWorld, limits, type TestWorld } from './testing/world.js'

/** Statements that a request caused, in order. */
const watched = (world: TestWorld): { world: TestWorld; statements: string[] } => {
  const statements: string[] = []
  const { verify, resolve, recordCall } = world.store
  world.store.verify = (claim) => (statements.push('verify'), verify(claim))
  world.store.resolve = (identifier) => (statements.push('resolve'), resolve(identifier))
  world.store.recordCall = (new_) => (statements.push('recordCall'), recordCall(new_))
  return { world, statements }
}

const SEEN = '5e0a1d9e-0000-4000-8000-000000000001'

/**
 * One case for each step: a request that offends this step and every later one it can, so that the answer tells which
 * of them looked first.
 */
const CASES: {
  step: number
  expected: string
  ran: string[]
  sent: () => CallRequest
  empty?: 'address' | 'v2'
}[] = [
  {
    step: 2,
    expected: 'ORIGIN_NOT_ALLOWED',
    ran: [],
    sent: () => ({
      body: 'x'.repeat(70_000),
      headers: { Origin: 'https://evil.example', 'Content-Type': 'a/b', 'X-Ops-Signature': 'x' },
    }),
    empty: 'address',
  },
  {
    step: 3,
    expected: 'PAYLOAD_TOO_LARGE',
    ran: [],
    sent: () => ({
      body: 'x'.repeat(70_000),
      headers: { 'Content-Type': 'a/b', 'X-Ops-Signature': 'x' },
    }),
    empty: 'address',
  },
  {
    step: 4,
    expected: 'UNSUPPORTED_MEDIA_TYPE',
    ran: [],
    sent: () => ({ body: '{', headers: { 'Content-Type': 'a/b', 'X-Ops-Signature': 'x' } }),
    empty: 'address',
  },
  {
    step: 5,
    expected: 'RATE_LIMITED address',
    ran: [],
    sent: () => ({ body: '{', headers: { 'X-Ops-Signature': 'x' } }),
    empty: 'address',
  },
  {
    step: 6,
    expected: 'SIGNATURE_INVALID',
    ran: ['verify'],
    sent: () => ({ body: '{', headers: { 'X-Ops-Signature': '0'.repeat(64) } }),
    empty: 'v2',
  },
  { step: 7, expected: 'INVALID_BODY', ran: ['verify'], sent: () => ({ body: '{}' }), empty: 'v2' },
  {
    step: 8,
    expected: 'SITE_MISMATCH',
    ran: ['verify', 'resolve'],
    sent: () => ({ body: event({ site_id: OTHER_SITE.id, event_id: SEEN }) }),
    empty: 'v2',
  },
  {
    step: 9,
    expected: 'RATE_LIMITED v2',
    ran: ['verify', 'resolve'],
    sent: () => ({ body: event({ event_id: SEEN, site_id: SITE.id }) }),
    empty: 'v2',
  },
  {
    step: 10,
    expected: 'noop',
    ran: ['verify', 'resolve'],
    sent: () => ({ body: event({ event_id: SEEN, site_id: SITE.id }) }),
  },
  {
    step: 11,
    expected: 'STORE_UNAVAILABLE',
    ran: ['verify', 'resolve', 'recordCall'],
    sent: () => ({ body: event({ site_id: SITE.id }) }),
  },
]

/** Returns the response to a request and the statements that it caused. */
const outcomeOf = async (
  { sent, empty }: (typeof CASES)[number],
  arrange: (steps: Step[]) => Step[],
): Promise<{ got: string; ran: string[] }> => {
  const { world, statements } = watched(
    createWorld({ limiter: createMemoryLimiter(limits(empty ? { [empty]: 1 } : {})) }),
  )
  const steps = arrange(callEventSteps(world, 'v2', CALL_EVENT_V2))
  const app = createApp(world, [ingestRoute(world, CALL_EVENT_V2, steps)])

  if (empty) await call(app)
  world.replay.set(`${SITE.id}|${SEEN}`, { callId: 'first', digest: '' })
  world.store.recordCall = async () => {
    statements.push('recordCall')
    throw new Error('no database')
  }
  statements.length = 0
  const { body, headers } = await call(app, sent())
  const limit = /"(\w+)";r=0/.exec(headers.get('ratelimit') ?? '')?.[1]
  const code = String(body.code ?? body.status)
  return { got: code === 'RATE_LIMITED' ? `${code} ${limit}` : code, ran: [...statements] }
}

const inOrder = (steps: Step[]): Step[] => steps

for (const one of CASES)
  it(`a request that offends step ${one.step} and later ones is answered by step ${one.step}`, async () => {
    expect(await outcomeOf(one, inOrder)).toEqual({ got: one.expected, ran: one.ran })
  })

for (const [first, second] of [
  [2, 3],
  [3, 4],
  [4, 5],
  [5, 6],
  [6, 7],
  [7, 8],
  [8, 9],
  [9, 10],
  [10, 11],
] as const)
  it(`the cases above notice when steps ${first} and ${second} are swapped`, async () => {
    const swapped = (steps: Step[]): Step[] => {
      const copy = [...steps]
      copy[first - 2] = steps[second - 2]!
      copy[second - 2] = steps[first - 2]!
      return copy
    }
    const outcomes = await Promise.all(CASES.map((one) => outcomeOf(one, swapped)))
    const expected = CASES.map(({ expected: got, ran }) => ({ got, ran }))
    expect(outcomes).not.toEqual(expected)
  })

it('a good request runs through all steps', async () => {
  const { world, statements } = watched(createWorld())
  const { status, body } = await call(world, { body: event({ site_id: SITE.id }) })
  expect(status).toBe(200)
  expect(body).toEqual({
    status: 'unmatched',
    call_id: expect.any(String),
    session_id: null,
    request_id: expect.any(String),
  })
  expect(statements).toEqual(['verify', 'resolve', 'recordCall'])
})

it('a body that names its site as the header does needs no statement of its own for that', async () => {
  const { world, statements } = watched(createWorld())
  await call(world)
  expect(statements).toEqual(['verify', 'recordCall'])
})

for (const [method, path, allow] of [
  ['GET', CALL_EVENT_V1, 'POST, OPTIONS'],
  ['HEAD', CALL_EVENT_V1, 'POST, OPTIONS'],
  ['PUT', CALL_EVENT_V2, 'POST, OPTIONS'],
  ['DELETE', SYNC, 'POST, OPTIONS'],
  ['POST', HEALTH, 'GET, HEAD'],
  ['OPTIONS', HEALTH, 'GET, HEAD'],
  ['POST', LIVE, 'GET, HEAD'],
  ['PATCH', '/openapi.json', 'GET, HEAD'],
  ['POST', '/docs', 'GET, HEAD'],
] as const)
  it(`${method} ${path} is 405 and names ${allow}`, async () => {
    const response = await createApp(createWorld()).request(path, { method })
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toBe(allow)
    if (method !== 'HEAD')
      expect(await response.json()).toMatchObject({ code: 'METHOD_NOT_ALLOWED' })
  })

it.each(['/', '/nope', '/api', '/api/call-event/', '/api/call-event/v3', '/console/main.js'])(
  '%s is 404 in JSON where there is no console',
  async (path) => {
    const response = await createApp(createWorld()).request(path)
    expect(response.status).toBe(404)
    expect(await response.json()).toEqual({
      error: 'No such path',
      code: 'NOT_FOUND',
      request_id: response.headers.get('x-request-id'),
    })
  },
)

it.each([
  '/api/call-event/',
  '/api/call-event/v2/',
  '/api/sync/',
  '//api/sync',
  '/API/sync',
  '/nope',
])(
  '%s is a 404 that an allowed origin can read, after a preflight that it can pass',
  async (path) => {
    const app = createApp(createWorld())
    const headers = { Origin: ORIGIN, 'Access-Control-Request-Method': 'POST' }
    const preflight = await app.request(path, { method: 'OPTIONS', headers })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-headers')).toContain('X-Ops-Ts')
    const response = await app.request(path, { method: 'POST', headers: { Origin: ORIGIN } })
    expect(response.status).toBe(404)
    for (const answer of [preflight, response]) {
      expect(answer.headers.get('access-control-allow-origin')).toBe(ORIGIN)
      expect(answer.headers.get('vary')).toBe('Origin')
    }
  },
)

it('a 404 to any other origin has no CORS headers, and neither has its preflight', async () => {
  const app = createApp(createWorld())
  const headers = { Origin: 'https://evil.example', 'Access-Control-Request-Method': 'POST' }
  for (const method of ['OPTIONS', 'POST']) {
    const response = await app.request('/api/call-event/', { method, headers })
    expect(response.status).toBe(404)
    expect(response.headers.get('access-control-allow-origin')).toBeNull()
    expect(response.headers.get('vary')).toBe('Origin')
  }
})

it('a 405 to an allowed origin can be read by its page', async () => {
  const response = await createApp(createWorld()).request(SYNC, { headers: { Origin: ORIGIN } })
  expect(response.status).toBe(405)
  expect(response.headers.get('access-control-allow-origin')).toBe(ORIGIN)
  expect(response.headers.get('vary')).toBe('Origin')
})

it('a well-formed request id is kept, another one is replaced', async () => {
  const world = createWorld()
  const kept = await call(world, { headers: { 'X-Request-Id': '01HZX3-abc.def' } })
  expect(kept.headers.get('x-request-id')).toBe('01HZX3-abc.def')
  expect(kept.body.request_id).toBe('01HZX3-abc.def')
  for (const malformed of ['', 'a b', '<script>', 'x'.repeat(129), 'a, b']) {
    const replaced = await call(world, { headers: { 'X-Request-Id': malformed } })
    expect(replaced.headers.get('x-request-id')).toMatch(/^[\da-f-]{36}$/)
  }
})

it('an exception becomes a 500 in JSON, with CORS headers and without its message', async () => {
  const world = createWorld()
  world.limiter.take = () => Promise.reject(new Error('secret detail'))
  const { status, body, headers } = await call(world, { headers: { Origin: ORIGIN } })
  expect(status).toBe(500)
  expect(body).toMatchObject({ code: 'INTERNAL' })
  expect(JSON.stringify(body)).not.toContain('secret detail')
  expect(headers.get('access-control-allow-origin')).toBe(ORIGIN)
})

it('no log line has a secret, a signature, a visitor’s number or an address', async () => {
  const world = createWorld()
  const body = event({ intent_target: '+905001112233', phone_number: '+905001112233' })
  const headers = signed(body)
  await call(world, { body, headers })
  await call(world, { body: event({ intent_target: '+905001112233' }), headers })
  await call(world, { body, headers: { ...headers, Origin: 'https://evil.example' } })
  world.store.recordCall = () => Promise.reject(new Error('gone'))
  await call(world, { body: event({ intent_target: '+905001112233' }) })
  const log = world.logged.join('')
  expect(log).toContain('ORIGIN_NOT_ALLOWED')
  for (const hidden of [SITE.secret, headers['X-Ops-Signature']!, '905001112233', '192.0.2.1'])
    expect(log).not.toContain(hidden)
})
