// Clients that keep an event until it is acknowledged (contract section 13), and the book they keep.
import { createHmac, randomUUID } from 'node:crypto'
import { Agent, request } from 'node:http'
import { eventIdAt } from '../../../server-reference/src/testing/event-id.js'
import { SITE } from '../../../server-reference/src/testing/sign.js'

/** The result of one event. */
export interface LoadEntry {
  eventId: string
  body: string
  deliveries: number
  /** The call_id of the answer that made the client forget it; null: it still keeps it. */
  callId: string | null
  /** That answer said `noop`: the event was there already. */
  wasNoop: boolean
  /** True after a response that makes a client drop its event, which must not happen. */
  wasDropped: boolean
  /** Statuses that were answered, 0 for no answer at all. */
  statuses: number[]
  /** Milliseconds of the longest single try. */
  slowest: number
}

export interface Load {
  entries: readonly LoadEntry[]
  /** Resolves when so many more events have been acknowledged. */
  more(count: number): Promise<void>
  /** Resolves when so many more tries have been answered with this status, 0 for no answer. */
  answered(status: number, count: number): Promise<void>
  /** Stops creating events, and sends the kept ones until they are acknowledged, for 30 s at most. */
  finish(): Promise<LoadEntry[]>
}

const CLIENTS = 24
/** Milliseconds that a client waits for an answer. */
export const PATIENCE = 15_000
/** A shortened backoff: full jitter up to this many milliseconds. */
const BACKOFF = 150
/** Milliseconds between two events of a client, at most. */
const THINK = 8
const LAST_TRIES = 30_000
/** Milliseconds that something which has to happen may take. */
const LATEST = 20_000

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

export const PHONE = '+905000000000'

/** Creates an event. Half of them have an id of the current tracker, half one of an earlier tracker. */
export const newEntry = (): LoadEntry => {
  const eventId = Math.random() < 0.5 ? randomUUID() : eventIdAt(Date.now())
  const body = JSON.stringify({
    site_id: SITE.publicId,
    fingerprint: 'visitor',
    event_id: eventId,
    intent_action: 'phone',
    intent_target: PHONE,
  })
  return { eventId, body, ...untold() }
}
const untold = (): Omit<LoadEntry, 'eventId' | 'body'> => ({
  deliveries: 0,
  callId: null,
  wasNoop: false,
  wasDropped: false,
  statuses: [],
  slowest: 0,
})
/** Returns the same event, as a second client keeps it. */
export const twinOf = ({ eventId, body }: LoadEntry): LoadEntry => ({ eventId, body, ...untold() })

/** Target of the next try: one server, or any of several behind a load balancer. */
export type Target = string | (() => string)

/** Sends an event until it is acknowledged or `ended`. */
export const persist = async (
  target: Target,
  entry: LoadEntry,
  agent?: Agent,
  ended: () => boolean = () => false,
): Promise<void> => {
  while (!ended()) {
    await deliver(typeof target === 'string' ? target : target(), entry, agent)
    if (entry.callId !== null || entry.wasDropped) return
    await sleep(Math.random() * BACKOFF)
  }
}

/** Sends new events from 24 clients at once until `finish`, so that a fault always meets load, on any machine. */
export const startLoad = (target: Target, think = THINK): Load => {
  const entries: LoadEntry[] = []
  const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS })
  let isOpen = true
  let late = Infinity
  const client = async (): Promise<void> => {
    while (isOpen) {
      const entry = newEntry()
      entries.push(entry)
      await persist(target, entry, agent, () => Date.now() > late)
      await sleep(Math.random() * think)
    }
  }
  const clients = Promise.all(Array.from({ length: CLIENTS }, client))
  const reaches = async (what: string, count: () => number, more: number): Promise<void> => {
    const wanted = count() + more
    const latest = Date.now() + LATEST
    while (count() < wanted) {
      if (Date.now() > latest) throw new Error(`${what}: ${count()} instead of ${wanted}`)
      await sleep(10)
    }
  }
  return {
    entries,
    more: (count) =>
      reaches('acknowledged', () => entries.filter(({ callId }) => callId !== null).length, count),
    answered: (status, count) =>
      reaches(
        `answered ${status}`,
        () => entries.flatMap(({ statuses }) => statuses.filter((one) => one === status)).length,
        count,
      ),
    finish: async () => {
      isOpen = false
      late = Date.now() + LAST_TRIES
      await clients
      agent.destroy()
      return entries
    },
  }
}

/** Makes one try: with a new timestamp and signature, and the same event_id. */
export const deliver = async (url: string, entry: LoadEntry, agent?: Agent): Promise<void> => {
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
        timeout: PATIENCE,
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
  entry.slowest = Math.max(entry.slowest, Date.now() - began)
  note(entry, status, text)
}

/** Handles a response as a client does. */
export const note = (entry: LoadEntry, status: number, text: string): void => {
  entry.statuses.push(status)
  if (status === 200) {
    const answer = JSON.parse(text) as { status: string; call_id: string }
    entry.callId = answer.call_id
    entry.wasNoop = answer.status === 'noop'
  } else if (status >= 400 && status < 500 && ![408, 425, 429].includes(status))
    entry.wasDropped = true
}
