import { judge, type Answer, type Verdict } from '../contract/outcome.js'
import {
  OUTBOX_MAX_AGE,
  OUTBOX_MAX_BYTES,
  OUTBOX_MAX_EVENTS,
  RETRY_AFTER_MAX,
  RETRY_MAX,
} from '../contract/limits.js'
import type { Entry, Outbox } from './outbox.js'
import { retryDelay } from './retry.js'
import type { Headers } from './sign.js'

/**
 * What became of an event. `delivered`: recorded. `duplicate`: it was recorded before. `queued`: kept on the device, to
 * be tried again; `reason` is the HTTP status, 0 where no answer came. `dropped`: forgotten; `reason` is `expired` (7
 * days), `full` (100 events or 64 KiB), the code with which the server refused, or what is wrong with the options.
 */
export interface Outcome {
  status: Verdict['status']
  /** The event's id; empty where the tracker is off. */
  eventId: string
  reason?: string
}

/** The world that delivery runs in; tests and simulations bring their own. */
export interface World {
  /** Milliseconds since the epoch. */
  now(): number
  /** A number in [0, 1). */
  random(): number
  /**
   * Starts a request; never rejects. `headers` are those of a signature made before; without them a signed request
   * first makes its own, under `now` by the server's clock as far as it is known.
   */
  send(body: string, now: number, keepalive: boolean, headers?: Headers): Promise<Answer>
  /** Calls back after so many milliseconds; gives what cancels it. */
  after(ms: number, then: () => void): () => void
  /** Told of each outcome. */
  report(outcome: Outcome): void
}

/** An event that is ready to be sent. */
export interface Ready {
  id: string
  body: string
  /** The headers of a signature made before the event was asked for. */
  headers?: Headers
}

export interface Delivery {
  /** Stores the event, starts its first request before it returns, and resolves when that try has come to an end. */
  deliver(ready: Ready): Promise<Outcome>
  /** Tries again what is due; resolves when nothing more can be done now. */
  flush(): Promise<void>
  /** No timer and no further try after this. */
  stop(): void
}

/**
 * Milliseconds that a try keeps everybody, this page included, from trying the same event: a little more than the
 * transport's time-out. It stands in storage, so a page that is frozen or killed in mid-request leaves nothing behind
 * that somebody would have to clear.
 */
export const LEASE = 12_000
/** Milliseconds for a lease to be seen by other tabs before it is believed (localStorage travels between processes). */
export const SETTLE = 150

/** Store, send, forget: an event is stored before its request starts and leaves when an answer says so. */
export const createDelivery = (outbox: Outbox, world: World): Delivery => {
  const { now } = world
  /** Milliseconds that the server's clock is ahead of ours. */
  let skew = 0
  let busy = false
  let stopped = false
  let cancel = (): void => {}

  /** Milliseconds until an entry is due. A time further away than any can be is left from a clock that was set back. */
  const until = ({ next }: Entry): number => {
    const ms = next - now()
    return ms > RETRY_AFTER_MAX + LEASE ? 0 : ms
  }

  const finish = (eventId: string, verdict: Verdict): Outcome => {
    const outcome = { ...verdict, eventId }
    if (verdict.status !== 'queued') outbox.remove(eventId)
    world.report(outcome)
    return outcome
  }

  const lease = (entry: Entry): void => {
    entry.next = now() + LEASE + world.random()
    outbox.put(entry)
  }

  const attempt = async (entry: Entry, headers?: Headers, again?: boolean): Promise<Outcome> => {
    const { id, body } = entry
    // Every second try goes without keepalive: a full quota, and some TV browsers, refuse it.
    const answer = await world.send(body, now() + skew, !(entry.tries % 2), headers)
    const verdict = judge(answer)
    if (verdict.serverTs) {
      skew = verdict.serverTs * 1000 - now()
      if (!again) return attempt(entry, undefined, true)
    }
    const kept = outbox.get(id)
    // Another try that took over the lease speaks for the event now. One that is gone is put back: a page that clears
    // its storage must not lose an event.
    if (verdict.status === 'queued' && (!kept || kept.next === entry.next)) {
      entry.next =
        now() + retryDelay(++entry.tries, answer.headers.get('Retry-After'), now(), world.random())
      outbox.put(entry)
    }
    const outcome = finish(id, verdict)
    flush()
    return outcome
  }

  /** The entry to be tried next. Bounds what is kept: the oldest goes first. */
  const soonest = (): Entry | undefined => {
    let bytes = 0
    return outbox
      .list()
      .sort((a, b) => b.at - a.at)
      .filter((entry, i) => {
        bytes += new Blob([JSON.stringify(entry)]).size
        const reason =
          now() - entry.at > OUTBOX_MAX_AGE
            ? 'expired'
            : i < OUTBOX_MAX_EVENTS && bytes <= OUTBOX_MAX_BYTES
              ? ''
              : 'full'
        if (reason) finish(entry.id, { status: 'dropped', reason })
        return !reason
      })
      .sort((a, b) => until(a) - until(b))[0]
  }

  const flush = async (): Promise<void> => {
    let entry = soonest()
    cancel()
    if (busy || stopped) return
    busy = true
    while (entry && !stopped && until(entry) <= 0) {
      // Two tabs may want it at the same moment: the last to write the lease keeps it.
      lease(entry)
      await new Promise<void>((settled) => world.after(SETTLE, settled))
      const kept = outbox.get(entry.id)
      if (kept && kept.next === entry.next) await attempt(entry)
      entry = soonest()
    }
    busy = false
    if (entry && !stopped) cancel = world.after(Math.min(RETRY_MAX, until(entry)), flush)
  }

  return {
    flush,
    deliver({ id, body, headers }) {
      const entry: Entry = { id, body, at: now(), tries: 0, next: 0 }
      lease(entry)
      return attempt(entry, headers)
    },
    stop() {
      stopped = true
      cancel()
    },
  }
}
