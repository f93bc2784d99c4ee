import { CALL_EVENT_V1, CALL_EVENT_V2, SYNC } from '@opsmantik/tracker/contract'
import { expect, it } from 'vitest'
import { createApp } from '../app.js'
import { createMemoryLimiter } from '../limits/memory-limiter.js'
import { call, event, sync } from '../testing/call.js'
import { ORIGIN } from '../testing/sign.js'
import { createWorld, limits } from '../testing/world.js'

const PATHS = [CALL_EVENT_V1, CALL_EVENT_V2, SYNC]
const options = (path: string, headers: Record<string, string>, world = createWorld()) =>
  createApp(world).request(path, { method: 'OPTIONS', headers })
const corsHeaders = (headers: Headers): string[] =>
  [...headers.keys()].filter((name) => name.startsWith('access-control-'))

it.each(PATHS)(
  'a preflight to %s from an allowed origin is 204 and says what may be sent',
  async (path) => {
    const response = await options(path, {
      Origin: ORIGIN,
      'Access-Control-Request-Method': 'POST',
    })
    expect(response.status).toBe(204)
    expect(await response.text()).toBe('')
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'access-control-allow-origin': ORIGIN,
      'access-control-allow-methods': 'POST, OPTIONS',
      'access-control-allow-headers': 'Content-Type, X-Ops-Site-Id, X-Ops-Ts, X-Ops-Signature',
      'access-control-max-age': '7200',
      vary: 'Origin',
    })
    expect(response.headers.has('access-control-allow-credentials')).toBe(false)
  },
)

it.each(PATHS)(
  'a preflight to %s from another origin is 403 without CORS headers',
  async (path) => {
    const response = await options(path, { Origin: 'https://evil.example' })
    expect(response.status).toBe(403)
    expect(await response.json()).toMatchObject({
      code: 'ORIGIN_NOT_ALLOWED',
      origin: 'https://evil.example',
    })
    expect(corsHeaders(response.headers)).toEqual([])
    expect(response.headers.get('vary')).toBe('Origin')
  },
)

it('a preflight needs no limiter and no database', async () => {
  const world = createWorld({ limiter: createMemoryLimiter(limits({ coarse: 1, address: 1 })) })
  await call(world, { headers: { Origin: ORIGIN } })
  world.store.verify = () => Promise.reject(new Error('asked'))
  const response = await options(CALL_EVENT_V2, { Origin: ORIGIN }, world)
  expect(response.status).toBe(204)
  expect(response.headers.has('ratelimit')).toBe(false)
})

it('OPTIONS without an origin is no preflight: it is told the methods and gets no CORS headers', async () => {
  const response = await options(CALL_EVENT_V1, {})
  expect(response.status).toBe(204)
  expect(response.headers.get('allow')).toBe('POST, OPTIONS')
  expect(corsHeaders(response.headers)).toEqual([])
})

it('every answer to an allowed origin can be read by its page, refusals included', async () => {
  const world = createWorld({ limiter: createMemoryLimiter(limits({ v2: 1 })) })
  const headers = { Origin: ORIGIN }
  const answers = [
    await call(world, { headers }),
    await call(world, { headers, body: '{' }),
    await call(world, { headers: { ...headers, 'X-Ops-Signature': undefined } }),
    await call(world, { headers, body: 'x'.repeat(70_000) }),
    await call(world, { headers: { ...headers, 'Content-Type': 'a/b' } }),
    await call(world, { headers, body: event() }),
    await call(world, { headers, path: '/api/call-event/v2', body: event({ site_id: 'x' }) }),
    await sync(world, {}),
  ]
  world.store.verify = () => Promise.reject(new Error('down'))
  answers.push(await call(world, { headers }))
  expect(answers.map(({ status }) => status)).toEqual([200, 400, 401, 413, 415, 429, 400, 400, 503])
  for (const answer of answers) {
    expect(answer.headers.get('access-control-allow-origin')).toBe(ORIGIN)
    expect(answer.headers.get('access-control-expose-headers')).toBe(
      'Retry-After, RateLimit, RateLimit-Policy, X-Request-Id',
    )
    expect(answer.headers.get('vary')).toBe('Origin')
  }
})

it('an answer to a request without an origin varies by it all the same', async () => {
  const { headers } = await call(createWorld())
  expect(headers.get('vary')).toBe('Origin')
  expect(corsHeaders(headers)).toEqual([])
})
