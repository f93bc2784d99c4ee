import { randomUUID } from 'node:crypto'
import type { lookup as dnsLookup } from 'node:dns'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { addWebhook } from '../admin/webhooks.js'
import type { Database } from '../store/database.js'
import { createSqlStore } from '../store/sql-store.js'
import type { Store } from '../store/store.js'
import { resendAbandoned, webhookStates } from '../store/webhook-states.js'
import { openTestDatabase } from '../testing/database.js'
import { SITE } from '../testing/sign.js'
import type { Log } from '../world.js'
import { isPrivateAddress } from './private-addresses.js'
import { RETRY_SECONDS, retryAfterSeconds } from './retry-schedule.js'
import { sendWebhook } from './send-webhook.js'
import { startSender, type Sender } from './sender.js'

let database: Database
let store: Store
const senders: Sender[] = []
const servers: Server[] = []
const logged: string[] = []
const keep = (fields: object, message: string): void =>
  void logged.push(message + JSON.stringify(fields))
const log: Log = { info: keep, warn: keep, error: keep }

beforeAll(async () => {
  ;({ database } = await openTestDatabase())
  store = createSqlStore(database)
}, 60_000)
afterAll(() => store.close())
afterEach(async () => {
  for (const sender of senders.splice(0)) await sender.close()
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
  await database.query('owner', 'delete from public.site_webhooks')
})

interface Received {
  headers: Record<string, string>
  body: string
}

/** A receiver on this machine; `answer` decides what it says to the n-th request, from 0. */
const receive = async (
  answer: (n: number, response: ServerResponse, request: IncomingMessage) => void,
): Promise<{ url: string; received: Received[] }> => {
  const received: Received[] = []
  const server = createServer((request, response) => {
    let body = ''
    request
      .on('data', (chunk) => (body += String(chunk)))
      .on('end', () => {
        received.push({ headers: request.headers as Record<string, string>, body })
        answer(received.length - 1, response, request)
      })
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, received }
}
const ok = (_: number, response: ServerResponse): void => void response.writeHead(204).end()
const start = (options: Partial<Parameters<typeof startSender>[2]> = {}): void =>
  void senders.push(
    startSender(database, log, {
      allowsPrivate: true,
      lookMs: 20,
      idleLookMs: 20,
      retryAfter: (attempts) => (attempts < 4 ? 0.01 : null),
      ...options,
    }),
  )
const call = async (): Promise<string> =>
  (
    await store.recordCall({
      siteId: SITE.id,
      endpoint: '/api/call-event/v2',
      event: {
        site_id: SITE.publicId,
        fingerprint: 'visitor-of-a-webhook',
        event_id: randomUUID(),
        intent_action: 'phone',
        intent_target: '+905321234567',
      },
      replayKey: null,
      digest: 'aa'.repeat(32),
    })
  ).callId
const callIn = ({ body }: Received): string =>
  (JSON.parse(body) as { data: { call_id: string } }).data.call_id

it('a call is delivered once, signed so that the standardwebhooks package verifies it', async () => {
  const { url, received } = await receive(ok)
  const { secret } = await addWebhook(database, SITE.id, url)
  start()
  const ids = [await call(), await call()]
  await expect.poll(() => received.length).toBe(2)
  for (const { headers, body } of received) {
    expect(new Webhook(secret).verify(body, headers)).toMatchObject({
      type: 'call.recorded',
      data: { action: 'phone', target: '+905321234567', site_id: SITE.id },
    })
    expect(() => new Webhook(secret).verify(body.replace('phone', 'form'), headers)).toThrow()
  }
  expect(received.map(callIn).toSorted()).toEqual(ids.toSorted())
  await expect
    .poll(() => webhookStates(database, SITE.id))
    .toMatchObject([
      {
        waiting: 0,
        delivered: 2,
        abandoned: 0,
        lastProblem: null,
        lastAttemptAt: expect.any(Number),
        lastDeliveredAt: expect.any(Number),
        nextAttemptAt: null,
      },
    ])
  // The queue does not grow, and keeps nothing of the visitor.
  expect(await database.query('owner', 'select 1 from public.webhook_deliveries')).toEqual([])
  expect(logged.join('')).not.toMatch(/905321234567|visitor-of-a-webhook|whsec/)
})

it.each([
  ['500', (response: ServerResponse) => void response.writeHead(500).end()],
  ['404', (response: ServerResponse) => void response.writeHead(404).end()],
  [
    'a redirect',
    (response: ServerResponse) => void response.writeHead(302, { Location: '/x' }).end(),
  ],
  ['a connection that breaks', (response: ServerResponse) => void response.destroy()],
])('%s is tried again with the same id, until it is delivered', async (_, fail) => {
  const { url, received } = await receive((n, response) =>
    n < 2 ? fail(response) : ok(n, response),
  )
  await addWebhook(database, SITE.id, url)
  start()
  await call()
  await expect.poll(() => received.length).toBe(3)
  await expect
    .poll(() => webhookStates(database, SITE.id))
    .toMatchObject([{ waiting: 0, abandoned: 0 }])
  expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
  expect(received.every(({ headers }) => headers['webhook-id']!.startsWith('msg_'))).toBe(true)
})

it('after the last attempt a delivery is given up and shown, and can be sent again', async () => {
  let isBroken = true
  const { url, received } = await receive((n, response) =>
    isBroken ? void response.writeHead(503).end() : ok(n, response),
  )
  const { id } = await addWebhook(database, SITE.id, url)
  start()
  const callId = await call()
  await expect
    .poll(() => webhookStates(database, SITE.id))
    .toMatchObject([{ waiting: 0, abandoned: 1, lastProblem: 'HTTP 503' }])
  expect(received).toHaveLength(4)
  isBroken = false
  expect(await resendAbandoned(database, SITE.id, id, 'a test')).toBe(1)
  await expect.poll(() => received.length).toBe(5)
  expect(callIn(received[4]!)).toBe(callId)
  await expect.poll(() => webhookStates(database, SITE.id)).toMatchObject([{ abandoned: 0 }])
})

it('410 ends a receiver: nothing more is sent or queued', async () => {
  const { url, received } = await receive((_, response) => void response.writeHead(410).end())
  await addWebhook(database, SITE.id, url)
  await call()
  start()
  await expect
    .poll(() => webhookStates(database, SITE.id))
    .toMatchObject([{ endedAt: expect.any(Number), abandoned: 1 }])
  await call()
  expect(await webhookStates(database, SITE.id)).toMatchObject([{ waiting: 0, abandoned: 1 }])
  expect(received).toHaveLength(1)
})

it('a receiver that hangs holds up no other one', async () => {
  const hanging = await receive(() => {})
  const quick = await receive(ok)
  await addWebhook(database, SITE.id, hanging.url)
  await addWebhook(database, SITE.id, quick.url)
  start()
  for (let n = 0; n < 30; n++) await call()
  await expect.poll(() => quick.received.length, { timeout: 10_000 }).toBe(30)
  expect(hanging.received.length).toBeLessThan(12)
})

it('two processes deliver each call once', async () => {
  const { url, received } = await receive((_, response) =>
    setTimeout(() => response.writeHead(200).end(), 5),
  )
  await addWebhook(database, SITE.id, url)
  const ids: string[] = []
  for (let n = 0; n < 40; n++) ids.push(await call())
  start()
  start()
  await expect.poll(() => received.length, { timeout: 10_000 }).toBe(40)
  await expect.poll(() => webhookStates(database, SITE.id)).toMatchObject([{ waiting: 0 }])
  expect(received.map(callIn).toSorted()).toEqual(ids.toSorted())
})

it('a delivery whose process died is made again when its lease has ended', async () => {
  const { url, received } = await receive(ok)
  await addWebhook(database, SITE.id, url)
  await call()
  // Taken, and never settled.
  await database.query(
    'owner',
    "update public.webhook_deliveries set attempts = 1, next_at = now() + interval '60 seconds'",
  )
  start()
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(received).toHaveLength(0)
  await database.query('owner', 'update public.webhook_deliveries set next_at = now()')
  await expect.poll(() => received.length).toBe(1)
})

const send = (url: string, options: Partial<Parameters<typeof sendWebhook>[1]> = {}) =>
  sendWebhook(
    { id: 'msg_1', url, secret: 'whsec_c2VjcmV0', payload: '{}' },
    { allowsPrivate: false, ...options },
  )

it('a name that leads to a private address is not connected, also if it has a public one beside it', async () => {
  const { url, received } = await receive(ok)
  const { port } = new URL(url)
  for (const addresses of [['127.0.0.1'], ['93.184.215.14', '127.0.0.1'], ['::1'], []]) {
    const lookup = ((_: string, __: object, callback: (...args: unknown[]) => void) =>
      callback(
        null,
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      )) as unknown as typeof dnsLookup
    expect(await send(`https://rebound.example:${port}/`, { lookup })).toEqual({
      outcome: 'failed',
      problem: 'the name leads to a private address',
    })
  }
  expect(await send(url.replace('http', 'https'))).toEqual({
    outcome: 'failed',
    problem: 'private address',
  })
  expect(await send('http://public.example/')).toEqual({ outcome: 'failed', problem: 'not https' })
  expect(received).toHaveLength(0)
})

it('a receiver that does not answer in time failed; an endless answer is not read', async () => {
  const silent = await receive(() => {})
  expect(await send(silent.url, { allowsPrivate: true, timeoutMs: 50 })).toEqual({
    outcome: 'failed',
    problem: 'no response within 0.05 s',
  })
  let written = 0
  const endless = await receive((_, response) => {
    response.writeHead(200)
    const more = (): void => {
      while (!response.destroyed && written < 50_000_000) {
        written += 65_536
        if (!response.write(Buffer.alloc(65_536))) return void response.once('drain', more)
      }
    }
    more()
  })
  expect(await send(endless.url, { allowsPrivate: true })).toEqual({ outcome: 'delivered' })
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(written).toBeLessThan(50_000_000)
})

it.each([
  '127.0.0.1',
  '10.0.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '169.254.169.254',
  '100.64.0.1',
  '0.0.0.0',
  '255.255.255.255',
  '::1',
  '::',
  'fe80::1%eth0',
  'fd00::1',
  '::ffff:127.0.0.1',
  '::ffff:a00:1',
  '64:ff9b::7f00:1',
  '2002:7f00:1::',
  'ff02::1',
  'no address',
])('%s is private', (address) => expect(isPrivateAddress(address)).toBe(true))

it.each(['93.184.215.14', '172.32.0.1', '100.128.0.1', '2606:2800:21f:cb07::1'])(
  '%s is public',
  (address) => expect(isPrivateAddress(address)).toBe(false),
)

it('ten attempts within about three days, each wait a little longer by chance', () => {
  const waits = RETRY_SECONDS.map((_, index) => retryAfterSeconds(index + 1, () => 0))
  expect(waits).toEqual([...RETRY_SECONDS])
  expect(retryAfterSeconds(1, () => 1)).toBeCloseTo(5.5)
  expect(retryAfterSeconds(10)).toBeNull()
  const days = RETRY_SECONDS.reduce((sum, wait) => sum + wait, 0) / 86_400
  expect(days).toBeGreaterThan(3)
  expect(days).toBeLessThan(3.5)
})
