import { expect, test } from 'vitest'
import {
  BODY,
  openProxy,
  OWN,
  siteId,
  type ProxyReply,
} from '../../test/support/played-upstream.js'

const FURTHER = 'https://m.shop.example'
const FOREIGN = 'https://evil.example'
const options = { siteId, origins: [FURTHER] }
const cors = ({ response }: ProxyReply): string[] =>
  [...response.headers.keys()].filter((name) => name.startsWith('access-control-'))

test('a further origin’s preflight gets what the contract’s section 2 says', async () => {
  const { ask, seen } = openProxy(undefined, options)
  const reply = await ask('OPTIONS', {
    Origin: FURTHER,
    'Access-Control-Request-Method': 'POST',
    'Access-Control-Request-Headers': 'content-type',
  })
  expect([reply.status, reply.text]).toEqual([204, ''])
  expect(Object.fromEntries(reply.response.headers)).toMatchObject({
    'access-control-allow-origin': FURTHER,
    'access-control-allow-methods': 'POST, OPTIONS',
    'access-control-allow-headers': 'Content-Type, X-Ops-Site-Id, X-Ops-Ts, X-Ops-Signature',
    'access-control-max-age': '7200',
    vary: 'Origin',
  })
  expect(cors(reply)).not.toContain('access-control-allow-credentials')
  expect(seen).toEqual([])
})

test('a foreign origin’s preflight is 403 without CORS headers', async () => {
  for (const origin of [FOREIGN, 'null', FURTHER + '.evil.example', 'http://m.shop.example']) {
    const reply = await openProxy(undefined, options).ask('OPTIONS', { Origin: origin })
    expect([reply.status, reply.json['code'], ...cors(reply)]).toEqual([403, 'ORIGIN_NOT_ALLOWED'])
    expect(reply.response.headers.get('vary')).toBe('Origin')
  }
})

test('OPTIONS without an origin asks for the methods', async () => {
  const { response, status } = await openProxy().ask('OPTIONS')
  expect([status, response.headers.get('allow')]).toEqual([204, 'POST, OPTIONS'])
})

const used = (): ReadableStream => new ReadableStream({ start: (c) => c.error(new Error('left')) })

test.each<[string, number, Parameters<typeof openProxy>, string, BodyInit | null]>([
  ['a recorded event', 200, [], 'POST', BODY],
  ['the server’s refusal', 401, [() => Response.json({}, { status: 401 })], 'POST', BODY],
  ['the server’s failure', 503, [() => Response.json({}, { status: 503 })], 'POST', BODY],
  ['another method', 405, [], 'PUT', null],
  ['a body that is too large', 413, [], 'POST', 'x'.repeat(65_537)],
  ['no JSON', 400, [], 'POST', 'nonsense'],
  ['no body', 400, [], 'POST', null],
  ['another site', 400, [], 'POST', `{"site_id":"${'f'.repeat(32)}"}`],
  ['no secret', 500, [undefined, { secret: '' }], 'POST', BODY],
  ['no upstream', 502, [() => Promise.reject(new Error())], 'POST', BODY],
  ['a slow upstream', 504, [() => new Promise(() => {}), { timeout: 5 }], 'POST', BODY],
  ['a visitor who leaves', 500, [], 'POST', used()],
])(
  'a further origin can read the response to %s (%i), and so can the proxy’s own',
  async (_, status, [upstream, more], method, body) => {
    for (const origin of [FURTHER, OWN, OWN.replace('https', 'http')]) {
      const { ask } = openProxy(upstream, { ...options, ...more })
      const reply = await ask(
        method,
        { Origin: origin },
        body instanceof ReadableStream ? used() : body,
      )
      expect(reply.status).toBe(status)
      const { headers } = reply.response
      expect(headers.get('access-control-allow-origin')).toBe(origin)
      expect(headers.get('access-control-expose-headers')).toBe(
        'Retry-After, RateLimit, RateLimit-Policy, X-Request-Id',
      )
      expect(headers.get('vary')).toBe('Origin')
      expect(headers.get('cache-control')).toBe('no-store')
    }
  },
)

test('the server’s own CORS headers and cookies go no further', async () => {
  const headers = {
    'Access-Control-Allow-Origin': '*',
    'Access-Control-Allow-Credentials': 'true',
    'Set-Cookie': 'a=b',
  }
  const { post } = openProxy(() => Response.json({}, { headers }), options)
  const reply = await post(BODY, { Origin: FURTHER })
  expect(reply.response.headers.get('access-control-allow-origin')).toBe(FURTHER)
  expect(cors(reply)).not.toContain('access-control-allow-credentials')
  expect(reply.response.headers.has('set-cookie')).toBe(false)
})

test('origins may be one text, as an environment variable holds it, in any usual spelling', async () => {
  const { post } = openProxy(undefined, {
    origins: ' https://M.shop.example/ ,https://www.shop.example:443,, http://localhost:8080',
  })
  for (const origin of [FURTHER, 'https://www.shop.example', 'http://localhost:8080'])
    expect((await post(BODY, { Origin: origin })).status).toBe(200)
})

test.each([
  ['m.shop.example', 'did you mean "https://m.shop.example"'],
  ['//m.shop.example', 'did you mean "https://m.shop.example"'],
  ['https://m.shop.example/path', 'did you mean "https://m.shop.example"'],
  ['https://m.shop.example/?a', 'did you mean "https://m.shop.example"'],
  ['https://a@m.shop.example', 'did you mean "https://m.shop.example"'],
  ['ftp://m.shop.example', 'is not an origin'],
  ['https://', 'is not an origin'],
  ['null', 'is not an origin'],
  ['*', 'has a wildcard'],
  ['https://*.shop.example', 'has a wildcard'],
])('%j among the origins is refused at creation', (origin, said) => {
  const create = (): unknown => openProxy(undefined, { origins: ['https://a.example', origin] })
  expect(create).toThrow(said)
  expect(create).toThrow(JSON.stringify(origin))
})
