import type { Code } from '../contract/codes.js'
import {
  OUTBOX_MAX_AGE_MS,
  OUTBOX_MAX_BYTES,
  OUTBOX_MAX_EVENTS,
  REQUEST_TIMEOUT_MS,
  REQUESTS_MAX,
  RETRY_MAX_MS,
} from '../contract/limits.js'
import { judge, type Answer, type Verdict } from '../contract/outcome.js'
import { SIGNED } from './build.js'
import type { Rows, Transact } from './database.js'
import type { Flaw } from './mode.js'
import { isEntry, LEASE_MS, msUntilDue, type Entry } from './outbox.js'
import { retryDelay } from './retry.js'
import { unseal } from './seal.js'
import type { Signing } from './sign.js'
import type { Store } from './storage.js'
import { timeOf } from './time-of.js'

/**
 * Why an event was queued or dropped.
 *
 * Queued: the HTTP status of the response, `0` if there was none; the code of a refusal that is not the event's own fault;
 * `busy`, it waits for its turn; `consent`, it waits in memory for it.
 *
 * Dropped: `expired` (7 days), `full` (100 events or 64 KiB), the code with which the server refused the event itself,
 * `invalid` (what was given to `intent` cannot be sent), `destroyed`, `no-document` (server-side rendering), or the setting
 * that is wrong.
 */
export type Reason =
  | `${number}`
  | Code
  | Flaw
  | 'busy'
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
  /** The event's id; empty if there never was an event. */
  eventId: string
  /** With `queued` and `dropped`: why. */
  reason?: Reason
}

/** The world that delivery runs in; a test brings its own. They are arguments: a record costs bytes (docs/decisions/size.md). */
export interface World {
  /** Milliseconds since the epoch. */
  now(): number
  /** A number in [0, 1). */
  random(): number
  /**
   * Starts a request; never rejects. `signing` is a signature begun before; without it a signed request makes its own.
   */
  send(body: string, keepalive: boolean, signing?: Signing): Promise<Answer>
  /** Returns how many requests are in flight. */
  taken(): number
  /** Receives the server's clock, in Unix seconds, if it refuses a signature because of ours. */
  correct(serverTs: number): void
  /** Calls back after so many milliseconds. */
  after(then: () => void, ms: number): unknown
  cancel(timer: unknown): void
  /** Called with each outcome and what the response said is wrong; returns the outcome. */
  report(outcome: Outcome, fault?: string): Outcome
}

export interface Delivery {
  /**
   * Stores the event, starts its first request before it returns, and resolves when that try has come to an end. While
   * delivery is not running the event is kept in memory, and nothing is sent.
   *
   * @param text the body, sealed
   * @param signing a signature begun before the event was asked for
   */
  deliver(id: string, text: string, signing?: Signing): Promise<Outcome>
  /** Starts, and retries what is due; or stops: no timer and no further try after that. */
  run(on: boolean): void
  /** Writes what has to be written, and sends what is due if there is a free connection. */
  flush(): void
  /** Says that a connection is free again. */
  freed(): void
  /** Forgets what is in memory. */
  clear(): void
}

/** How long a page waits before it looks again into a database that is broken, blocked or slow. */
const DATABASE_RETRY_MS = 60_000

/** In its place nothing is stored, and this page's word counts whatever others did. */
const NOWHERE: Rows = { put() {}, delete() {} }

/** A change that the database does not have yet: the entry, or none if it is to be forgotten. */
interface Change {
  entry?: Entry
  /** The leases of this page; another `next` means that another page has taken the stored entry over. */
  leases: number[]
}

/**
 * Store, send, forget. A press is written to the inbox (`localStorage`, synchronous) before its request starts, and moved to
 * the outbox (the database, durable) in a task of its own. It leaves the outbox when a response says so.
 *
 * @param running whether events may be sent from the beginning; what was kept is tried with the first `run`
 */
export const createDelivery = (
  inbox: Store,
  transact: Transact,
  send: World['send'],
  taken: World['taken'],
  correct: World['correct'],
  report: World['report'],
  running: boolean,
  now: World['now'] = Date.now,
  random: World['random'] = Math.random,
  after: World['after'] = setTimeout,
  cancel: World['cancel'] = clearTimeout as World['cancel'],
): Delivery => {
  let changes = new Map<string, Change>()
  let busy = false
  let isStarved = false
  let timer: unknown

  const finish = (
    eventId: string,
    status: Outcome['status'],
    reason?: string,
    fault?: string,
  ): Outcome => {
    if (status !== 'queued') {
      inbox.drop(eventId)
      changes.set(eventId, { leases: [] })
    }
    return report({ status, eventId, reason } as Outcome, fault)
  }

  const attempt = async (
    entry: Entry,
    keepalive: boolean,
    signing?: Signing,
    leases = [entry.next],
  ): Promise<Outcome> => {
    const { id, text } = entry
    // Another one once consent was withdrawn: then nothing is put back.
    const its = changes
    const answer = await send(unseal(text), keepalive, signing)
    const { status, fault, reason, serverTs } = judge(answer)
    if (SIGNED && serverTs) {
      correct(serverTs)
      if (!leases[1] && running) {
        entry = { ...entry, next: now() + LEASE_MS }
        leases.push(entry.next)
        changes.set(id, { entry, leases })
        void flush()
        return attempt(entry, keepalive, undefined, leases)
      }
    }
    if (status === 'queued') {
      const failures =
        fault === 'configuration'
          ? Math.min(entry.failures, 0) - 1
          : Math.max(entry.failures, 0) + 1
      const wait = retryDelay(failures, answer.headers.get('Retry-After'), now(), random())
      its.set(id, { entry: { id, text, next: now() + wait, failures }, leases })
    }
    const outcome = finish(id, status, reason, fault)
    if (!keepalive) busy = false
    void flush()
    return outcome
  }

  /**
   * Brings together what is stored, what is in the inbox and what this page knows better, bounds it, and leases the entry to be
   * tried next if one is due.
   *
   * @returns the entry that was leased, and the milliseconds after which another one is due
   */
  const look = (stored: Entry[], rows: Rows): [claimed: Entry | undefined, wait: number] => {
    const kept: Record<string, Entry> = {}
    for (const entry of stored) if (isEntry(entry)) kept[entry.id] = entry
    for (const id of inbox.keys()) {
      const entry = { id, text: inbox.load(id)!, next: timeOf(id) + LEASE_MS, failures: 0 }
      if (!changes.has(id) && isEntry(entry)) changes.set(id, { entry, leases: [] })
    }
    for (const [id, { entry, leases }] of changes)
      if (!entry) {
        delete kept[id]
        rows.delete(id)
      } else if (rows === NOWHERE || !kept[id] || leases.includes(kept[id].next))
        rows.put((kept[id] = entry))
    let events = 0
    let bytes = 0
    let wait = Infinity
    let claimed: Entry | undefined
    // The newest first: ids begin with the time.
    for (const id of Object.keys(kept).sort((a, b) => (a < b ? 1 : -1))) {
      const entry = kept[id]!
      bytes += new Blob([entry.text]).size
      const reason =
        now() - timeOf(id) > OUTBOX_MAX_AGE_MS
          ? 'expired'
          : (++events > OUTBOX_MAX_EVENTS || bytes > OUTBOX_MAX_BYTES) && 'full'
      const ms = msUntilDue(entry, now())
      if (reason) {
        rows.delete(id)
        finish(id, 'dropped', reason)
      } else if (ms <= wait) {
        wait = ms
        claimed = entry
      }
    }
    isStarved = taken() >= REQUESTS_MAX
    if (wait > 0 || !running || busy || isStarved) return [undefined, wait]
    busy = true
    claimed = { ...claimed!, next: now() + LEASE_MS }
    rows.put(claimed)
    return [claimed, wait]
  }

  const flush = async (): Promise<void> => {
    cancel(timer)
    let stored: Entry[] = []
    let found: ReturnType<typeof look> | undefined
    let written: [string, Change][] = []
    let again = RETRY_MAX_MS
    try {
      await transact((entries, rows) => {
        stored = entries
        found = look(entries, rows)
        written = [...changes]
      })
      for (const [id, change] of written)
        if (changes.get(id) === change) {
          changes.delete(id)
          inbox.drop(id)
        }
    } catch {
      if (found && found[0]) busy = false
      found = look(stored, NOWHERE)
      again = DATABASE_RETRY_MS
    }
    const [claimed, wait] = found!
    if (claimed && running && claimed.next - now() > REQUEST_TIMEOUT_MS)
      void attempt(claimed, false)
    else if (claimed) {
      // The database took so long that the lease would end before the request does.
      busy = false
      void flush()
    } else if (running && wait > 0 && (wait < Infinity || again < RETRY_MAX_MS))
      wake(Math.min(again, wait))
  }
  const wake = (ms: number): void => {
    cancel(timer)
    timer = after(flush, ms)
  }

  return {
    async deliver(id, text, signing) {
      // The last connections are for the queue and for the site itself.
      const isFree = running && taken() < REQUESTS_MAX - 1
      const expected = timeOf(id) + LEASE_MS
      const entry: Entry = { id, text, next: isFree ? expected : 0, failures: 0 }
      changes.set(id, { entry, leases: [expected] })
      if (running) inbox.save(id, text)
      wake(0)
      return isFree
        ? attempt(entry, true, signing)
        : finish(id, 'queued', running ? 'busy' : 'consent')
    },
    run(on) {
      running = on
      void flush()
    },
    flush: () => void flush(),
    freed() {
      if (isStarved) void flush()
    },
    clear() {
      changes = new Map()
    },
  }
}
