import type { Code } from '../contract/codes.js'
import {
  OUTBOX_MAX_AGE_MS,
  OUTBOX_MAX_BYTES,
  OUTBOX_MAX_EVENTS,
  REQUESTS_MAX,
  RETRY_AFTER_MAX_MS,
} from '../contract/limits.js'
import { judge, type ResponseVerdict } from '../contract/outcome.js'
import { SIGNED } from '../contract/build.js'
import type { Transact } from './database.js'
import type { Flaw } from './mode.js'
import { LEASE_MS, type Entry } from './outbox.js'
import { retryDelay } from './retry.js'
import { seal, unseal } from './seal.js'
import type { Signing } from './sign.js'
import type { KeyValueStore } from './storage.js'
import { timeOf } from './time-of.js'
import type { Send } from './transport.js'

/**
 * States why an event was queued or dropped.
 *
 * Queued: the HTTP status of the response, `0` if there was none; the code of a refusal that is not the event's own
 * fault; `busy`: it waits for its turn; `consent`: it waits in memory for consent.
 *
 * Dropped: `ignored` (`ignore(true)`: the device's own), `expired` (7 days), `full` (100 events or 64 KiB), the code with which the server refused the event itself,
 * `invalid` (the arguments of `intent` cannot be sent), `destroyed`, `no-document` (server-side rendering), or the name
 * of the invalid setting.
 */
export type Reason =
  | `${number}`
  | Code
  | Flaw
  | 'busy'
  | 'consent'
  | 'expired'
  | 'full'
  | 'ignored'
  | 'invalid'
  | 'destroyed'
  | 'no-document'

/**
 * Describes the result of an event. `delivered`: recorded. `duplicate`: recorded before. `queued`: kept on the device
 * for a retry. `dropped`: forgotten.
 */
export interface Outcome {
  status: ResponseVerdict['status']
  /** The event's id; empty if there never was an event. */
  eventId: string
  /** With `queued` and `dropped`: why. */
  reason?: Reason
}

/**
 * Stores the event, starts its first request before it returns, and resolves when that try has come to an end. While
 * delivery is not running the event is kept in memory, and nothing is sent.
 *
 * @param text the body
 * @param signing a signature begun before the event was asked for
 */
export type Deliver = (id: string, text: string, signing?: Signing) => Promise<Outcome>

/** Longest time until a page looks into the database again while events wait in it, or it is broken. */
const LOOK_MAX_MS = 60_000
/** Time that a page waits for a free connection. */
const LOOK_MIN_MS = 1_000

/**
 * Stores, sends and forgets events. Each change of an event is written to the inbox (`localStorage`, synchronous), a
 * press before its request starts, and moved to the outbox (the database, durable) in a separate task.
 *
 * @param session keeps the error of the device's clock, in seconds
 * @param report called with each outcome and what the response said is wrong; returns the outcome
 * @param isRunning returns true if events may be sent
 * @returns the function that delivers an event, and one that looks, in a separate task, for events to write or send
 */
export const createDelivery = (
  inbox: KeyValueStore,
  transact: Transact,
  send: Send,
  taken: () => number,
  session: KeyValueStore,
  report: (outcome: Outcome, fault?: string) => Outcome,
  isRunning: () => boolean,
): [deliver: Deliver, flush: (ms?: number) => void] => {
  let timer: ReturnType<typeof setTimeout> | undefined

  const wake = (ms = 0): void => {
    clearTimeout(timer)
    timer = setTimeout(flush, ms)
  }

  const change = (id: string, entry: Entry): void => {
    inbox.save(id, entry)
    wake()
  }

  const finish = (
    eventId: string,
    status: Outcome['status'],
    reason?: string,
    fault?: string,
  ): Outcome => {
    if (status !== 'queued') change(eventId, {} as Entry)
    return report({ status, eventId, reason } as Outcome, fault)
  }

  const attempt = async (
    id: string,
    { t, f, v }: Entry,
    keepalive: boolean,
    signing?: Signing,
  ): Promise<Outcome> => {
    const [answer, text] = await send(t, keepalive, signing)
    const { status, fault, reason, serverTs } = judge(answer, text)
    if (status === 'queued') {
      if (SIGNED && serverTs && !(f % 1)) {
        session.save('skew', serverTs - Date.now() / 1000)
        // The fraction says that this try is the one after a correction: another one has to wait for its turn.
        const again = { t, n: Date.now() + LEASE_MS, f: f + 1e-3, v: v + 1 }
        change(id, again)
        return attempt(id, again, keepalive)
      }
      const failures = fault === 'path' ? Math.max(f, 0) + 1 : Math.min(f, 0) - 1
      const wait = retryDelay(failures, answer.headers.get('Retry-After'))
      change(id, { t, n: Date.now() + wait, f: failures, v: v + 1 })
    }
    return finish(id, status, reason, fault)
  }

  const flush = async (): Promise<void> => {
    const mine = timer
    const moved: Record<string, number | undefined> = {}
    let kept!: Record<string, Entry>
    let wait: number
    let claimed: string
    const look = (stored?: unknown): string => {
      const now = Date.now()
      let events = 0
      let bytes = 0
      wait = Infinity
      kept = (unseal(stored) || {}) as typeof kept
      for (const id of inbox.keys()) {
        const entry = inbox.load(id) as Entry
        if (entry && id[35]) {
          moved[id] = entry.v
          if (!entry.t) delete kept[id]
          else if (!kept[id] || kept[id].v < entry.v) kept[id] = entry
        }
      }
      // The newest first: ids begin with the time.
      // oxlint-disable-next-line unicorn/no-array-reverse -- an array of our own, and browsers of 2022 lack the other
      for (const id of Object.keys(kept).sort().reverse()) {
        const entry = kept[id]!
        let ms = entry.n - now
        bytes += new Blob([entry.t]).size
        const reason =
          now - timeOf(id) > OUTBOX_MAX_AGE_MS
            ? 'expired'
            : (++events > OUTBOX_MAX_EVENTS || bytes > OUTBOX_MAX_BYTES) && 'full'
        // A time further away than any can be: the clock was set back.
        if (ms > RETRY_AFTER_MAX_MS + LEASE_MS) ms = 0
        if (reason) {
          delete kept[id]
          finish(id, 'dropped', reason)
        } else if (ms <= wait) {
          wait = ms
          claimed = id
        }
      }
      if (wait > 0 || taken() >= REQUESTS_MAX) claimed = ''
      else {
        const entry = kept[claimed]!
        inbox.save(claimed, (kept[claimed] = { ...entry, n: now + LEASE_MS, v: entry.v + 1 }))
      }
      return seal(kept)
    }
    if (!isRunning()) return
    try {
      await transact(look)
      for (const id of Object.keys(moved))
        if ((inbox.load(id) as Entry | undefined)?.v === moved[id]) inbox.save(id)
    } catch {
      // After a failed transaction the inbox still has its changes. Without a transaction only the inbox has to forget.
      if (!kept) {
        look()
        for (const id of Object.keys(moved)) if (moved[id] === undefined) inbox.save(id)
      }
      wait = Math.min(wait!, LOOK_MAX_MS)
    }
    if (claimed! && isRunning()) {
      attempt(claimed, kept[claimed]!, false)
      wake()
    } else if (mine === timer && wait! < Infinity)
      wake(Math.min(Math.max(wait!, LOOK_MIN_MS), LOOK_MAX_MS))
  }

  return [
    async (id, text, signing) => {
      const isFree = isRunning() && taken() < REQUESTS_MAX - 1
      const entry = { t: text, n: timeOf(id) + +isFree * LEASE_MS, f: 0, v: 0 }
      change(id, entry)
      return isFree
        ? attempt(id, entry, true, signing)
        : finish(id, 'queued', isRunning() ? 'busy' : 'consent')
    },
    wake,
  ]
}
