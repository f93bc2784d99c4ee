// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { SyncEvent } from '../contract/events.js'
import { createTracker, type Tracker } from '../index.js'

const siteId = '0123456789abcdef0123456789abcdef'
const proxyUrl = 'http://localhost:3000/ops'
const syncUrl = 'http://localhost:3000/sync'
/** The requests, in order: `call`, or the page view. */
let sent: ('call' | SyncEvent)[]
/** The responses to the next page views; 200 after them. */
let statuses: (number | 'no response')[]
let tracker: Tracker

beforeEach(() => {
  sent = []
  statuses = []
  vi.stubGlobal('fetch', async (url: string, { body, keepalive }: RequestInit) => {
    if (url === proxyUrl) {
      sent.push('call')
      return Response.json({ status: 'unmatched' })
    }
    expect(keepalive).toBe(true)
    sent.push(JSON.parse(body as string) as SyncEvent)
    const status = statuses.shift() ?? 200
    if (status === 'no response') throw new TypeError('Failed to fetch')
    return Response.json({ ok: true }, { status })
  })
  history.replaceState(null, '', '/')
})
afterEach(() => {
  tracker.destroy()
  localStorage.clear()
  sessionStorage.clear()
  vi.unstubAllGlobals()
})

const settle = () => new Promise((resolve) => setTimeout(resolve, 10))
const open = async () => {
  tracker = createTracker({ siteId, proxyUrl, syncUrl })
  await settle()
}
const press = async () => {
  await tracker.intent('phone')
  await settle()
}

test.each(['no response', 503, 429, 401] as const)(
  'a page view that met %s is sent again, the same, once a call has arrived',
  async (status) => {
    statuses = [status]
    await open()
    expect(sent).toHaveLength(1)
    await press()
    expect(sent).toEqual([sent[0], 'call', sent[0]])
  },
)

test('one that was recorded is not sent again, and neither is one that the server refuses for good', async () => {
  await open()
  await press()
  expect(sent.filter((one) => one !== 'call')).toHaveLength(1)
  tracker.destroy()
  sent = []
  statuses = [413, 400]
  vi.stubGlobal('fetch', async (url: string) => {
    if (url === proxyUrl) return Response.json({ status: 'unmatched' })
    sent.push('call')
    return Response.json({ error: 'x', code: 'INVALID_BODY' }, { status: 400 })
  })
  await open()
  await press()
  expect(sent).toHaveLength(1)
})

test('it is sent with each call until it is recorded', async () => {
  statuses = [503, 503]
  await open()
  await press()
  await press()
  await press()
  expect(sent).toEqual([sent[0], 'call', sent[0], 'call', sent[0], 'call'])
})

test('of two that were lost the last is sent, because it has the same session', async () => {
  statuses = [503, 503]
  await open()
  history.pushState(null, '', '/next')
  await settle()
  await press()
  const [first, second] = sent as SyncEvent[]
  expect(second!.u).toMatch(/next$/)
  expect(second!.sid).toBe(first!.sid)
  expect(sent.slice(2)).toEqual(['call', second])
})

test('a call that is only queued does not send it', async () => {
  statuses = [503]
  await open()
  const { fetch } = globalThis
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) =>
    url === proxyUrl ? new Response('', { status: 401 }) : fetch(url, init),
  )
  await press()
  expect(sent).toHaveLength(1)
})
