import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { ORIGIN, SITE } from '../../server-reference/src/testing/sign.js'
import { converse } from './support/converse.js'
import { launchServer, type Launched } from './support/launch-server.js'

const POST = `POST /api/sync HTTP/1.1\r\nHost: localhost\r\nOrigin: ${ORIGIN}\r\n`
const JSON_BODY = 'Content-Type: application/json\r\n'
const EXPOSED = 'Retry-After, RateLimit, RateLimit-Policy, X-Request-Id'

const NODES = inject('nodes')

/** The oldest and the newest: what lies between changed nothing here. */
describe.each([NODES[0]!, NODES.at(-1)!])('Node $version', ({ path: node }) => {
  let server: Launched
  let url: string
  beforeAll(async () => {
    server = launchServer({
      node,
      env: { SEED_SITES: `${SITE.publicId}:${SITE.secret}`, ALLOWED_ORIGINS: ORIGIN },
    })
    url = await server.ready
  })
  afterAll(() => server.kill())

  it.each([
    ['a head of 17 KB', `${POST}X-Long: ${'x'.repeat(17_000)}\r\n\r\n`, 431, 'HEADERS_TOO_LARGE'],
    [
      'a head of 60 KB',
      `${POST}${`X-Long: ${'x'.repeat(12_000)}\r\n`.repeat(5)}\r\n`,
      431,
      'HEADERS_TOO_LARGE',
    ],
    [
      'two framings',
      `${POST}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
      'BAD_REQUEST',
    ],
    ['two lengths', `${POST}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`, 400, 'BAD_REQUEST'],
    ['a length that is none', `${POST}Content-Length: +1\r\n\r\na`, 400, 'BAD_REQUEST'],
    [
      'a coding that is not decoded',
      `${POST}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
      400,
      'BAD_REQUEST',
    ],
    [
      'a coding that is not the last',
      `${POST}Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n`,
      400,
      'BAD_REQUEST',
    ],
    [
      'an unknown coding',
      `${POST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`,
      400,
      'BAD_REQUEST',
    ],
    [
      'a coding said twice',
      `${POST}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
      'BAD_REQUEST',
    ],
    [
      'a broken chunk',
      `${POST}${JSON_BODY}Transfer-Encoding: chunked\r\n\r\nzz\r\n`,
      400,
      'BAD_REQUEST',
    ],
    ['a space before a colon', `${POST}Content-Length : 1\r\n\r\na`, 400, 'BAD_REQUEST'],
    ['a folded line', `${POST}X-A: b\r\n c\r\nContent-Length: 0\r\n\r\n`, 400, 'BAD_REQUEST'],
    ['a NUL in a value', `${POST}X-A: \0\r\n\r\n`, 400, 'BAD_REQUEST'],
    ['a second Host', `${POST}Host: elsewhere\r\nContent-Length: 0\r\n\r\n`, 400, 'BAD_REQUEST'],
  ])('%s is refused in JSON, with CORS, and ends the connection', async (_, sent, status, code) => {
    const { answers, isClosed, rest } = await converse(url, [sent])
    expect(answers).toHaveLength(1)
    expect(answers[0]).toMatchObject({
      status,
      headers: {
        vary: 'Origin',
        'access-control-allow-origin': ORIGIN,
        'access-control-expose-headers': EXPOSED,
        'content-type': 'application/json',
        'x-request-id': expect.stringMatching(/^[\w-]+$/),
        connection: 'close',
      },
    })
    expect(JSON.parse(answers[0]!.body)).toMatchObject({ code })
    expect([isClosed, rest]).toEqual([true, ''])
  })

  it('an origin that is not allowed gets Vary only, and a request id that is well-formed is kept', async () => {
    const sent = POST.replace(ORIGIN, 'https://evil.example')
    const { answers } = await converse(url, [
      `${sent}X-Request-Id: kept-1\r\nContent-Length: x\r\n\r\n`,
    ])
    expect(answers[0]!.headers).toMatchObject({ vary: 'Origin', 'x-request-id': 'kept-1' })
    expect(answers[0]!.headers).not.toHaveProperty('access-control-allow-origin')
  })

  it('what follows a refused request on the same connection is never a request', async () => {
    const smuggled = `${POST}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /api/health HTTP/1.1\r\nHost: localhost\r\n\r\n`
    const { answers } = await converse(url, [smuggled])
    expect(answers.map(({ status }) => status)).toEqual([400])
  })

  it('CONNECT is answered', async () => {
    const { answers, isClosed } = await converse(url, [
      'CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n',
    ])
    expect(answers[0]).toMatchObject({
      status: 405,
      headers: { allow: 'GET, HEAD, POST, OPTIONS' },
    })
    expect(JSON.parse(answers[0]!.body)).toMatchObject({ code: 'METHOD_NOT_ALLOWED' })
    expect(isClosed).toBe(true)
  })

  it('a health check of HTTP/1.0 needs no Host; a request of HTTP/1.1 does', async () => {
    const old = await converse(url, ['GET /api/health HTTP/1.0\r\n\r\n'])
    expect(old.answers[0]).toMatchObject({
      status: 200,
      body: expect.stringContaining('"ok":true'),
    })
    expect(old.isClosed).toBe(true)
    const current = await converse(url, ['GET /api/health HTTP/1.1\r\n\r\n'])
    expect(current.answers[0]).toMatchObject({ status: 400 })
  })

  it('HTTP/1.0 with a Transfer-Encoding is refused', async () => {
    const { answers } = await converse(url, [
      'POST /api/sync HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ])
    expect(answers[0]!.status).toBe(400)
  })

  it('a kept connection says that it outlives the 60 s of a load balancer', async () => {
    const { answers } = await converse(
      url,
      ['GET /api/health HTTP/1.1\r\nHost: localhost\r\n\r\n'],
      {
        answers: 1,
      },
    )
    const seconds = Number(/timeout=(\d+)/.exec(answers[0]!.headers['keep-alive'] ?? '')?.[1])
    expect(seconds).toBeGreaterThanOrEqual(65)
    expect(seconds).toBeLessThanOrEqual(75)
  })

  it.each(['/api/call-event/', '/api/call-event/v2/', '/api/sync/', '/nope'])(
    '%s, which does not exist, is 404 with CORS',
    async (path) => {
      const response = await fetch(url + path, { method: 'POST', headers: { Origin: ORIGIN } })
      expect(response.status).toBe(404)
      expect(response.headers.get('access-control-allow-origin')).toBe(ORIGIN)
      expect(response.headers.get('vary')).toBe('Origin')
    },
  )
})
