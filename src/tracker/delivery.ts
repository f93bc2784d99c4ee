import type { Code } from '../contract/codes.js'
import {
  OUTBOX_MAX_AGE_MS,
  OUTBOX_MAX_BYTES,
  OUTBOX_MAX_EVENTS,
  RETRY_AFTER_MAX_MS,
  RETRY_MAX_MS,
} from '../contract/limits.js'
import { judge, type Answer, type Verdict } from '../contract/outcome.js'
import type { Flaw } from './mode.js'
import { entries, type Entry } from './outbox.js'
import { retryDelay } from './retry.js'
import type { Signing } from './sign.js'
import type { Store } from './storage.js'

/**
 * Why an event was queued or dropped.
 *
 * Queued: the HTTP status of the answer, `0` where none came; `SIGNATURE_TIMESTAMP_INVALID`, the clocks disagree even
 * after a correction; `consent`, it waits in memory for it.
 *
 * Dropped: `expired` (7 days), `full` (100 events or 64 KiB), the code with which the server refused, `invalid` (what
 * was given to `intent` cannot be sent), `destroyed`, `no-document` (server-side rendering), or the setting that is
 * wrong.
 */
export type Reason =
  | `${number}`
  | Code
  | Flaw
  | 'consent'
  | 'expired'
  | 'full'
  | 'invalid'
  | 'destroyed'
  | 'no-document'

/**
 * What became of an event. `delivered`: recorded. `duplicate`: it was recorded before. `queued`: kept on the device, to
 * be tried again. `dropped`: forgotten.
 */
export interface Outcome {
  status: Verdict['status']
  /** The event's id; empty where there never was an event. */
  eventId: string
  /** With `queued` and `dropped`: why. */
  reason?: Reason
}

/** The world that delivery runs in; tests and simulations bring their own. */
export interface World<Timer = unknown> {
  /** Milliseconds since the epoch. */
  now(): number
  /** A number in [0, 1). */
  random(): number
  /**
   * Starts a request; never rejects. `signing` is a signature begun before; without it a signed request makes its own.
   */
  send(body: string, keepalive: boolean, signing?: Signing): Promise<Answer>
  /** The server's clock, in Unix seconds, where it refuses a signature because of ours. */
  correct(serverTs: number): void
  /** Calls back after so many milliseconds. */
  after(then: () => void, ms: number): Timer
  cancel(timer: Timer | undefined): void
  /** Told of each outcome, which it hands back. */
  report(outcome: Outcome): Outcome
}

export interface Delivery {
  /**
   * Stores the event, starts its first request before it returns, and resolves when that try has come to an end. While
   * delivery is not running the event is kept, and nothing is sent.
   *
   * @param signing a signature begun before the event was asked for
   */
  deliver(id: string, body: string, signing?: Signing): Promise<Outcome>
  /** Starts, and tries again what is due; or stops: no timer and no further try after that. */
  run(on: boolean): void
}

/**
 * Milliseconds that a try keeps everybody, this page included, from trying the same event: a little more than the
 * transport's time-out. It stands in storage, so a page that is frozen or killed in mid-request leaves nothing behind
 * that somebody would have to clear.
 */
export const LEASE = 12_000
/** Milliseconds for a lease to be seen by other tabs before it is believed (localStorage travels between processes). */
export const SETTLE = 150

/**
 * Store, send, forget: an event is stored before its request starts and leaves when an answer says so.
 *
 * @param running whether events may be sent from the beginning; what was kept is tried with the first `run`
 */
export const createDelivery = <Timer>(
  store: Store,
  world: World<Timer>,
  running: boolean,
): Delivery => {
  const { now, random, send, correct, after, cancel, report } = world
  let busy = false
  let timer: Timer | undefined

  /** Milliseconds until an entry is due. A time further away than any can be is left from a clock that was set back. */
  const until = ({ next }: Entry): number => {
    const ms = next - now()
    return ms > RETRY_AFTER_MAX_MS + LEASE ? 0 : ms
  }

  const finish = (eventId: string, status: Outcome['status'], reason?: string): Outcome => {
    if (status !== 'queued') store.drop(eventId)
    return report({ status, eventId, reason } as Outcome)
  }

  const put = (entry: Entry, ms: number): void => {
    entry.next = now() + ms
    store.save(entry.id, entry)
  }

  const lease = (entry: Entry): void => put(entry, LEASE + random())

  /** Whether nobody else has written to the entry since we did. */
  const isOurs = ({ id, next }: Entry, gone?: boolean): boolean | undefined => {
    const kept = store.load<Entry>(id)
    return kept ? kept.next === next : gone
  }

  const attempt = async (entry: Entry, signing?: Signing, again?: boolean): Promise<Outcome> => {
    // Counted from here: a page may have been frozen since it took the lease, or has just used it for a first try.
    lease(entry)
    // Every second try goes without keepalive: a full quota, and some TV browsers, refuse it.
    const answer = await send(entry.body, !(entry.tries % 2), signing)
    const { status, fault, reason, serverTs } = judge(answer)
    // Another try that took over the lease speaks for the event now. One that is gone is put back: a page that clears
    // its storage must not lose an event. Only where consent was withdrawn it stays away.
    const ours = isOurs(entry, running)
    if (serverTs) {
      correct(serverTs)
      if (ours && !again) return attempt(entry, undefined, true)
    }
    if (status === 'queued' && ours) {
      // Failures in a row; negative for refusals of the configuration, whose retries are rare.
      entry.tries =
        fault === 'configuration' ? Math.min(entry.tries, 0) - 1 : Math.max(entry.tries, 0) + 1
      put(entry, retryDelay(entry.tries, answer.headers.get('Retry-After'), now(), random()))
    }
    const outcome = finish(entry.id, status, reason)
    flush()
    return outcome
  }

  /** The entry to be tried next. Bounds what is kept: the oldest goes first. */
  const soonest = (): Entry | undefined => {
    let bytes = 0
    return entries(store)
      .sort((a, b) => b.at - a.at)
      .filter((entry, i) => {
        bytes += new Blob([JSON.stringify(entry)]).size
        const reason =
          now() - entry.at > OUTBOX_MAX_AGE_MS
            ? 'expired'
            : (i >= OUTBOX_MAX_EVENTS || bytes > OUTBOX_MAX_BYTES) && 'full'
        return !reason || !finish(entry.id, 'dropped', reason)
      })
      .sort((a, b) => until(a) - until(b))[0]
  }

  /** Tries the next entry if it is due, else waits for it; one at a time. */
  const flush = (): void => {
    const entry = soonest()
    cancel(timer)
    if (busy || !running || !entry) return
    const ms = until(entry)
    if (ms > 0) {
      timer = after(flush, Math.min(RETRY_MAX_MS, ms))
      return
    }
    busy = true
    // Two tabs may want it at the same moment: the last to write the lease keeps it.
    lease(entry)
    after(async () => {
      if (running && isOurs(entry)) await attempt(entry)
      busy = false
      flush()
    }, SETTLE)
  }

  return {
    async deliver(id, body, signing) {
      const entry: Entry = { id, body, at: now(), tries: 0, next: 0 }
      if (running) return attempt(entry, signing)
      put(entry, 0)
      return finish(id, 'queued', 'consent')
    },
    run(on) {
      running = on
      flush()
    },
  }
}
