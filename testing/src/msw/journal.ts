import type { ReceivedCall, ReceivedView, Refusal } from './kit.js'
import { fits, type CallFilter } from '../calls.js'
import { explain } from './explain.js'

/** The real timers, even if the test replaces them: a wait that never ends would report nothing. */
const { setTimeout, clearTimeout } = globalThis

interface Waiter {
  isWanted: (call: ReceivedCall) => boolean
  resolve: (call: ReceivedCall) => void
  reject: (error: Error) => void
}

/** Records what happened since the last reset. */
export interface Journal {
  calls: ReceivedCall[]
  views: ReceivedView[]
  refusals: Refusal[]
  /** All requests, with any outcome, as `POST https://…`. */
  requests: string[]
  add(call: ReceivedCall): void
  wait(
    filter: CallFilter<ReceivedCall> | undefined,
    timeout: number,
    context: () => string[],
  ): Promise<ReceivedCall>
  /** Ends what still waits. */
  close(): void
}

export const createJournal = (): Journal => {
  const waiters = new Set<Waiter>()
  const taken = new Set<ReceivedCall>()

  const journal: Journal = {
    calls: [],
    views: [],
    refusals: [],
    requests: [],
    add: (call) => {
      journal.calls.push(call)
      for (const waiter of waiters)
        if (waiter.isWanted(call)) {
          taken.add(call)
          waiter.resolve(call)
          return
        }
    },
    wait: (filter, timeout, context) => {
      const isWanted = (call: ReceivedCall): boolean => fits(filter, call)
      const there = journal.calls.find((call) => !taken.has(call) && isWanted(call))
      if (there) {
        taken.add(there)
        return Promise.resolve(there)
      }
      // Created here, so that a failed test shows the caller's stack, not that of our timer.
      const error = new Error()
      Error.captureStackTrace?.(error, journal.wait)
      return new Promise((resolve, reject) => {
        const end = (): void => {
          clearTimeout(timer)
          waiters.delete(waiter)
        }
        const fail = (reason: string): void => {
          end()
          error.message = reason
          // The stack has the message of when it was made.
          error.stack = (error.stack ?? '').replace(/^Error:? ?/, () => `Error: ${reason}`)
          reject(error)
        }
        const waiter: Waiter = {
          isWanted,
          resolve: (call) => {
            end()
            resolve(call)
          },
          reject: ({ message }) => fail(message),
        }
        const timer = setTimeout(
          () => fail(explain(filter, timeout, journal, taken, context())),
          timeout,
        )
        waiters.add(waiter)
      })
    },
    close: () => {
      for (const { reject } of waiters)
        reject(new Error('waitForCall: reset() was called before the call came'))
    },
  }
  return journal
}
