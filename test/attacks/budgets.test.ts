import { request } from 'node:http'
import { beforeAll, afterAll, expect, it } from 'vitest'
import { event, pageEvent } from '../../server-reference/src/testing/call.js'
import { ORIGIN, SITE, signed } from '../../server-reference/src/testing/sign.js'
import { launchServer, type Launched } from './support/launch-server.js'

const SHARE = 50
const SITE_LIMIT = 200

let server: Launched
let url: string
beforeAll(async () => {
  server = launchServer({
    env: {
      SEED_SITES: `${SITE.publicId}:${SITE.secret}`,
      ALLOWED_ORIGINS: ORIGIN,
      RATE_LIMIT_SYNC: '100000',
      RATE_LIMIT_COARSE: '100000',
      RATE_LIMIT_SHARE: String(SHARE),
      RATE_LIMIT_SITE: String(SITE_LIMIT),
    },
  })
  url = await server.ready
})
afterAll(() => server.kill())

/** Posts from one of the machine's own addresses: on loopback all of 127.0.0.0/8 are. */
const postFrom = (
  localAddress: string,
  path: string,
  body: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: string }> =>
  new Promise((resolve, reject) => {
    const sent = request(
      url + path,
      {
        method: 'POST',
        localAddress,
        headers: {
          'Content-Type': 'application/json',
          'Content-Length': Buffer.byteLength(body),
          ...headers,
        },
      },
      (response) => {
        let text = ''
        response.on('data', (piece) => (text += String(piece)))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }))
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })
const BROWSER = { Origin: ORIGIN }

it('unsigned page events of one address use up its share and nothing else: other visitors and signed calls are recorded', async () => {
  const statuses: number[] = []
  for (let n = 0; n < 4 * SHARE; n++) {
    const forged = { 'X-Forwarded-For': `198.51.100.${n % 250}`, 'User-Agent': `forged ${n}` }
    const { status } = await postFrom('127.0.0.2', '/api/sync', JSON.stringify(pageEvent()), {
      ...BROWSER,
      ...forged,
    })
    statuses.push(status)
  }
  expect(statuses.filter((status) => status === 200)).toHaveLength(SHARE)
  expect(new Set(statuses)).toEqual(new Set([200, 429]))

  const other = await postFrom('127.0.0.3', '/api/sync', JSON.stringify(pageEvent()), BROWSER)
  expect(other.status).toBe(200)
  const page = JSON.stringify(pageEvent())
  const proxied = await postFrom('127.0.0.4', '/api/sync', page, {
    'X-Ops-Proxy': '1',
    ...signed(page),
  })
  expect(proxied.status).toBe(200)
  const call = event()
  expect((await postFrom('127.0.0.2', '/api/call-event/v2', call, signed(call))).status).toBe(200)
})

it('a batch of 20 counts as 20', async () => {
  const batch = (): string =>
    JSON.stringify({ events: Array.from({ length: 20 }, () => pageEvent()) })
  const statuses: number[] = []
  for (let n = 0; n < 4; n++)
    statuses.push((await postFrom('127.0.0.5', '/api/sync', batch(), BROWSER)).status)
  expect(statuses).toEqual([200, 200, 429, 429])
})

it('meta is at most 4 KiB', async () => {
  const page = JSON.stringify(pageEvent({ meta: { fp: 'visitor', more: 'x'.repeat(4_200) } }))
  const { status, body } = await postFrom('127.0.0.6', '/api/sync', page, BROWSER)
  expect(status).toBe(400)
  expect(JSON.parse(body)).toMatchObject({ code: 'INVALID_BODY', issues: [{ path: 'meta' }] })
})

it('an invalid site in a batch of one is named by its place in the batch', async () => {
  const page = JSON.stringify({ events: [pageEvent({ s: 'f'.repeat(32) })] })
  const { status, body } = await postFrom('127.0.0.7', '/api/sync', page, BROWSER)
  expect(status).toBe(400)
  expect(JSON.parse(body)).toMatchObject({
    code: 'INVALID_SITE_ID',
    issues: [{ path: 'events.0.s' }],
  })
})
