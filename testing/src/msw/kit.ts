import type { RequestHandler } from 'msw'
import type { CallEvent, Code, SyncEvent } from '@opsmantik/tracker/contract'
import type { CallFilter } from '../calls.js'

/** A recorded call event: its fields as sent, and those that the server added. */
export interface ReceivedCall extends CallEvent {
  call_id: string
  /** The `sid` of the session that it was matched to. */
  session_id: string | null
  /** The console's path: `/api/call-event` signed by a browser, `/api/call-event/v2` by a proxy. */
  endpoint: string
}

/** A page or session event that was recorded. */
export type ReceivedView = SyncEvent

/** A request that got an error response. */
export interface Refusal {
  status: number
  code: Code
  /** The cause of the refusal and its remedy. */
  hint: string
  method: string
  url: string
  /** Origin of the page, if a page sent the request. */
  origin: string | null
  /** With `INVALID_BODY`: each field. */
  issues?: { path: string; message: string }[]
}

export interface Times {
  /** Number of requests that the scenario affects. Default: all, until `reset()`. */
  times?: number
}

/** Faults that the kit can simulate. Each applies to requests from now on, until `reset()`, and they can be combined. */
export interface Scenarios {
  /** Simulates a missing response: no network, no DNS. */
  offline(options?: Times): void
  /**
   * Simulates a database that does not respond: 503. `retryAfter` is the number of seconds in `Retry-After`; default:
   * 1. (The reference server sends 5.)
   */
  down(options?: Times & { retryAfter?: number }): void
  /** Responds with 429 and `Retry-After`, in seconds; default: 1. */
  rateLimited(options?: Times & { retryAfter?: number }): void
  /**
   * Simulates that `ALLOWED_ORIGINS` lacks the page's origin. A cross-origin page sees no response, as in a browser; if
   * the proxy is on the page's own origin, the page can read the 403.
   */
  originBlocked(options?: Times): void
  /**
   * Refuses with this code of the contract: `SIGNATURE_INVALID` as for a wrong secret, `INVALID_SITE_ID` as for a site
   * that does not exist yet, `INVALID_BODY` as for an event that is wrong.
   *
   * @throws TypeError if the contract has no such code
   */
  refusing(code: Code, options?: Times): void
  /** Sets the server's clock `seconds` seconds ahead of the visitor's; a negative number sets it behind. */
  clock(seconds: number): void
  /** Delays each response by `ms` milliseconds; the event is recorded before the delay. */
  slow(ms: number, options?: Times): void
}

/** Simulates the server, and a first-party proxy before it, as handlers of Mock Service Worker. */
export interface OpsmantikKit extends Scenarios {
  /** For `setupServer(...kit.handlers)` or `setupWorker(...kit.handlers)`. */
  readonly handlers: RequestHandler[]
  readonly consoleUrl: string
  readonly proxyUrl: string
  readonly siteId: string
  readonly secret: string
  /** Returns the calls that were recorded since `reset()` and match the filter, newest last. */
  calls(filter?: CallFilter<ReceivedCall>): ReceivedCall[]
  /** Returns the refusals since `reset()`, newest last. */
  refused(): Refusal[]
  /** Returns the page and session events recorded since `reset()`, newest last. */
  views(): ReceivedView[]
  /**
   * Resolves with the first call that matches the filter and that no earlier `waitForCall` has resolved with: one that
   * is already recorded, or the next one.
   *
   * Rejects after `timeout` milliseconds (default: 4000) with an error that says what arrived or was refused instead.
   */
  waitForCall(
    filter?: CallFilter<ReceivedCall>,
    options?: { timeout?: number },
  ): Promise<ReceivedCall>
  /** Forgets everything: calls, limits, scenarios. For `afterEach`. */
  reset(): void
}
