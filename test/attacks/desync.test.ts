import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { WebSocket } from 'ws'
import { event } from '../../server-reference/src/testing/call.js'
import { ORIGIN, SITE, signed } from '../../server-reference/src/testing/sign.js'
import { converse } from './support/converse.js'
import { launchServer, type Launched } from './support/launch-server.js'
import { startNginx } from './support/nginx.js'

const TOKEN = 'live-token-of-the-attacks'
const ROUNDS = 60

const headOf = (start: string, lines: Record<string, string>): string =>
  [`${start} HTTP/1.1`, 'Host: localhost', ...Object.entries(lines).map((pair) => pair.join(': '))]
    .join('\r\n')
    .concat('\r\n\r\n')

const UPGRADE = { Connection: 'Upgrade', Upgrade: 'h2c' }

/** A signed event that asks for HTTP/2 besides, as clients for Java and curl do. */
const upgradingPost = (
  path = '/api/call-event/v2',
  headers: Record<string, string> = {},
): { head: string; body: string } => {
  const body = event()
  const lines = {
    ...signed(body),
    'Content-Type': 'application/json',
    'Content-Length': String(Buffer.byteLength(body)),
    ...UPGRADE,
    ...headers,
  }
  return { head: headOf(`POST ${path}`, lines), body }
}
const chunked = (): { head: string; chunks: string[] } => {
  const body = event()
  const half = Math.floor(body.length / 2)
  const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`
  return {
    head: headOf('POST /api/call-event/v2', {
      ...signed(body),
      'Content-Type': 'application/json',
      'Transfer-Encoding': 'chunked',
      ...UPGRADE,
    }),
    chunks: [chunk(body.slice(0, half)), chunk(body.slice(half)), '0\r\n\r\n'],
  }
}
const NEXT = headOf('GET /api/health', { 'X-Request-Id': 'the-next-request' })

describe.each(inject('nodes'))('Node $version', ({ path: node }) => {
  let server: Launched
  let url: string
  beforeAll(async () => {
    server = launchServer({
      node,
      env: {
        SEED_SITES: `${SITE.publicId}:${SITE.secret}`,
        ALLOWED_ORIGINS: ORIGIN,
        LIVE_TOKEN: TOKEN,
        RATE_LIMIT_V2: '100000',
        RATE_LIMIT_COARSE: '100000',
      },
    })
    url = await server.ready
  })
  afterAll(() => server.kill())

  const CASES: Record<string, () => string[]> = {
    'a body in one piece': () => {
      const { head, body } = upgradingPost()
      return [head + body]
    },
    'a body that comes later': () => {
      const { head, body } = upgradingPost()
      return [head, body.slice(0, 9), body.slice(9)]
    },
    'chunks in one piece': () => {
      const { head, chunks } = chunked()
      return [head + chunks.join('')]
    },
    'chunks that come later': () => {
      const { head, chunks } = chunked()
      return [head, ...chunks]
    },
  }

  it.each(Object.keys(CASES))(
    'an upgrade to h2c with %s is a request like any other, answered at once',
    async (name) => {
      const { answers } = await converse(url, CASES[name]!(), { answers: 1 })
      expect(answers).toMatchObject([{ status: 200, body: expect.stringContaining('unmatched') }])
    },
  )

  it.each(Object.keys(CASES))(
    'with %s, a second request behind it is answered as itself, or the connection ends and says so',
    async (name) => {
      const parts = CASES[name]!()
      const behind = [...parts.slice(0, -1), parts.at(-1)! + NEXT]
      const { answers, isClosed, rest } = await converse(url, behind, { answers: 2 })
      expect(answers[0]).toMatchObject({ status: 200, body: expect.stringContaining('unmatched') })
      expect(rest).toBe('')
      if (answers.length === 1)
        expect([answers[0]!.headers.connection, isClosed]).toEqual(['close', true])
      else
        expect(answers[1]).toMatchObject({
          status: 200,
          headers: { 'x-request-id': 'the-next-request' },
        })
    },
  )

  it.each([
    ['a GET elsewhere', 'GET /api/health', { Upgrade: 'websocket' }],
    ['a POST to the feed', 'POST /api/live', { Upgrade: 'websocket', 'Content-Length': '3' }],
    ['a body to the feed', 'GET /api/live', { Upgrade: 'websocket', 'Content-Length': '3' }],
    ['a refused reader', 'GET /api/live', { Upgrade: 'websocket' }],
  ])('%s with Upgrade: websocket does not swallow what follows', async (_, start, lines) => {
    const socket = {
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
      Connection: 'Upgrade',
    }
    const first = headOf(start, { ...socket, ...(lines as Record<string, string>) })
    const body = 'Content-Length' in lines ? 'abc' : ''
    const { answers, isClosed } = await converse(url, [first + body + NEXT], { answers: 2 })
    expect(answers[0]!.status).toBe(start === 'GET /api/health' ? 200 : answers[0]!.status)
    expect(answers[0]!.status).toBeLessThan(500)
    if (answers.length === 1)
      expect([answers[0]!.headers.connection, isClosed]).toEqual(['close', true])
    else expect(answers[1]!.headers['x-request-id']).toBe('the-next-request')
  })

  it('a reader of the feed is let in', async () => {
    const reader = new WebSocket(
      `${url.replace('http', 'ws')}/api/live`,
      ['ops.live.v1', `token.${TOKEN}`],
      {
        origin: ORIGIN,
      },
    )
    const first = new Promise<string>((resolve, reject) =>
      reader.on('message', (data) => resolve(String(data))).on('error', reject),
    )
    await new Promise((resolve, reject) => reader.on('open', resolve).on('error', reject))
    const { head, body } = upgradingPost()
    await converse(url, [head + body], { answers: 1 })
    expect(await first).toContain('"type":"call"')
    reader.terminate()
  })

  it(`through nginx, ${ROUNDS} attackers do not touch the next visitor’s signed event`, async () => {
    const front = await startNginx(url)
    const statuses: Record<string, number> = {}
    for (let round = 0; round < ROUNDS; round++) {
      // Refused before its body is read: for nginx the exchange is over, and the connection free for the next visitor.
      const attack = upgradingPost('/api/call-event', {
        Origin: 'https://evil.example',
        'Content-Length': '400',
      })
      const sent = [attack.head + 'x'.repeat(400), attack.head + 'x'.repeat(200)][round % 2]!
      await converse(front, [sent], { answers: 1, limitMs: 300, pauseMs: 0 })
      const body = event()
      const response = await fetch(`${front}/api/call-event/v2`, {
        method: 'POST',
        body,
        headers: { 'Content-Type': 'application/json', ...signed(body) },
      })
      const { status } = (await response.json()) as { status?: string }
      const outcome = `${response.status} ${status}`
      statuses[outcome] = (statuses[outcome] ?? 0) + 1
    }
    expect(statuses).toEqual({ '200 unmatched': ROUNDS })
  })
})
