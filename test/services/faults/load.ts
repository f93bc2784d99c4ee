// Clients that keep an event until it is acknowledged (contract section 13), and the book they keep.
import { createHmac, randomUUID } from 'node:crypto'
import { Agent, request } from 'node:http'
import { SITE } from '../../../server-reference/src/testing/sign.js'

/** What became of one event. */
export interface Entry {
  eventId: string
  body: string
  deliveries: number
  /** The call_id of the answer that made the client forget it; null: it still keeps it. */
  callId: string | null
  /** Statuses that were answered, 0 for no answer at all. */
  statuses: number[]
  /** Milliseconds of the longest single try. */
  slowest: number
}

export interface Book {
  entries: Entry[]
  /** Resolves when every event is acknowledged, or `ms` have passed. */
  done: Promise<void>
}

const CLIENTS = 24
/** A shortened backoff: full jitter up to this many milliseconds. */
const BACKOFF = 150

export const newEntry = (): Entry => {
  const eventId = randomUUID()
  const body = JSON.stringify({
    site_id: SITE.publicId,
    fingerprint: 'visitor',
    event_id: eventId,
    intent_action: 'phone',
    intent_target: '+905000000000',
  })
  return { eventId, body, deliveries: 0, callId: null, statuses: [], slowest: 0 }
}

/** Sends `count` events from 24 clients at once, each until it is acknowledged. */
export const sendAll = (url: string | (() => string), count: number, ms = 60_000): Book => {
  const entries = Array.from({ length: count }, newEntry)
  const late = Date.now() + ms
  const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS })
  let next = 0
  const client = async (): Promise<void> => {
    for (let entry = entries[next++]; entry !== undefined; entry = entries[next++])
      while (entry.callId === null && Date.now() < late) {
        await deliver(typeof url === 'string' ? url : url(), entry, agent)
        if (entry.callId === null)
          await new Promise((again) => setTimeout(again, Math.random() * BACKOFF))
      }
  }
  const done = Promise.all(Array.from({ length: CLIENTS }, client)).then(() => agent.destroy())
  return { entries, done }
}

/** One try: a fresh timestamp and signature each time, the same event_id. */
export const deliver = async (url: string, entry: Entry, agent?: Agent): Promise<void> => {
  const ts = String(Math.floor(Date.now() / 1000))
  const began = Date.now()
  entry.deliveries++
  const { status, text } = await new Promise<{ status: number; text: string }>((resolve) => {
    const lost = (): void => resolve({ status: 0, text: '' })
    const sent = request(
      `${url}/api/call-event/v2`,
      {
        method: 'POST',
        agent,
        timeout: 15_000,
        headers: {
          'Content-Type': 'application/json',
          'Content-Length': Buffer.byteLength(entry.body),
          'X-Ops-Site-Id': SITE.publicId,
          'X-Ops-Ts': ts,
          'X-Ops-Signature': createHmac('sha256', SITE.secret)
            .update(`${ts}.${entry.body}`)
            .digest('hex'),
        },
      },
      (response) => {
        let received = ''
        response.on('data', (piece) => (received += String(piece)))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text: received }))
        response.on('error', lost)
        response.on('close', lost)
      },
    )
    sent.on('timeout', () => sent.destroy())
    sent.on('error', lost)
    sent.end(entry.body)
  })
  entry.statuses.push(status)
  entry.slowest = Math.max(entry.slowest, Date.now() - began)
  if (status === 200) entry.callId = (JSON.parse(text) as { call_id: string }).call_id
}
