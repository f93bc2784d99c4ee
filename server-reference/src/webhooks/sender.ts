import type { Database } from '../store/database.js'
import type { Log } from '../world.js'
import { endWebhook, hasWebhooks, settle, takeDue, type Delivery } from './queue.js'
import { retryAfterSeconds } from './retry-schedule.js'
import { sendWebhook, type SendOptions, type AttemptOutcome } from './send-webhook.js'

/** Milliseconds between two looks at the queue while there are webhooks, and while there are none. */
const LOOK_MS = 1_000
const IDLE_LOOK_MS = 5_000
/** Deliveries that this process makes at a time, and of these to one receiver: one that hangs does not hold up the others. */
const MAX_SENDING = 16
const MAX_TO_ONE = 4
/** Milliseconds for which the server waits for deliveries when it stops. Those not finished by then are delivered again. */
const CLOSE_MS = 2_000

export interface Sender {
  close(): Promise<void>
}

interface Options extends Pick<SendOptions, 'allowsPrivate' | 'lookup'> {
  lookMs?: number
  idleLookMs?: number
  retryAfter?: (attempts: number) => number | null
}

/**
 * Sends what is queued (contract section 17), at least once: a delivery leaves the queue when its receiver has answered
 * with 2xx. Any process sends; `for update skip locked` has each delivery taken by one of them.
 */
export const startSender = (database: Database, log: Log, options: Options): Sender => {
  const { lookMs = LOOK_MS, idleLookMs = IDLE_LOOK_MS, retryAfter = retryAfterSeconds } = options
  const stop = new AbortController()
  const sending = new Map<string, number>()
  const running = new Set<Promise<void>>()
  let timer: ReturnType<typeof setTimeout> | undefined
  let isFailing = false
  let isClosed = false
  let busyRound: Promise<void> | undefined
  /** A delivery ended while a round was under way: the next one follows at once. */
  let isWanted = false

  const settleSent = async (delivery: Delivery, sent: AttemptOutcome): Promise<void> => {
    const { webhookId, attempts, callId } = delivery
    const line = { webhook: webhookId, call: callId, attempts }
    if (sent.outcome === 'delivered') {
      await settle(database, delivery, { delivered: true, wait: null, problem: null })
    } else if (sent.outcome === 'ended') {
      log.warn(line, 'a webhook’s receiver said 410: nothing is sent there any more')
      await endWebhook(database, webhookId)
    } else {
      const wait = retryAfter(attempts)
      await settle(database, delivery, { delivered: false, wait, problem: sent.problem })
      log.warn(
        { ...line, problem: sent.problem },
        wait === null ? 'a webhook was given up' : 'a webhook failed and is tried again',
      )
    }
  }
  const send = async (delivery: Delivery): Promise<void> => {
    const { id, url, secret, payload, webhookId } = delivery
    sending.set(webhookId, (sending.get(webhookId) ?? 0) + 1)
    try {
      const message = { id: `msg_${id.replaceAll('-', '')}`, url, secret, payload }
      const sent = await sendWebhook(message, { ...options, signal: stop.signal })
      // A delivery that the end of the server broke off did not fail: its lease ends, and it is made again.
      if (!stop.signal.aborted || sent.outcome !== 'failed') await settleSent(delivery, sent)
    } catch (error) {
      log.warn(
        { err: error, webhook: webhookId },
        'the outcome of a webhook was not stored: it is sent again',
      )
    } finally {
      const left = sending.get(webhookId)! - 1
      if (left === 0) sending.delete(webhookId)
      else sending.set(webhookId, left)
    }
  }
  /** Returns whether there may be more to do at once. */
  const look = async (): Promise<boolean> => {
    const busy = [...sending].filter(([, count]) => count >= MAX_TO_ONE).map(([id]) => id)
    const room = Math.min(MAX_SENDING - running.size, MAX_TO_ONE)
    if (room <= 0) return false
    const due = await takeDue(database, room, busy)
    for (const delivery of due) {
      const one: Promise<void> = send(delivery).finally(() => {
        running.delete(one)
        // There is room again: the next ones need not wait for the timer.
        again(0)
      })
      running.add(one)
    }
    return due.length === room
  }
  const round = async (): Promise<void> => {
    let wait = idleLookMs
    try {
      if (await hasWebhooks(database)) {
        wait = lookMs
        while (!isClosed && (await look())) continue
      }
      isFailing = false
    } catch (error) {
      if (!isFailing)
        log.warn({ err: error }, 'webhooks cannot be read; they are sent when the database answers')
      isFailing = true
    }
    busyRound = undefined
    again(isWanted ? 0 : wait)
  }
  const again = (wait: number): void => {
    if (isClosed) return
    if (busyRound !== undefined) {
      isWanted ||= wait === 0
      return
    }
    clearTimeout(timer)
    timer = setTimeout(() => {
      isWanted = false
      busyRound = round()
    }, wait)
    timer.unref?.()
  }
  again(0)
  return {
    close: async () => {
      isClosed = true
      clearTimeout(timer)
      const late = setTimeout(() => stop.abort(), CLOSE_MS)
      await busyRound
      await Promise.all(running)
      clearTimeout(late)
    },
  }
}
