import type { RequestHandler } from 'msw'
import type { CallEvent, Code, SyncEvent } from '@opsmantik/tracker/contract'
import type { CallFilter } from '../calls.js'

/** A call event that was recorded: its fields as they travelled, and what the console made of it. */
export interface ReceivedCall extends CallEvent {
  call_id: string
  /** The `sid` of the session that it was matched to. */
  session_id: string | null
  /** The console's path: `/api/call-event` signed by a browser, `/api/call-event/v2` by a proxy. */
  endpoint: string
}

/** A page or session event that was recorded. */
export type ReceivedView = SyncEvent

/** A request that was answered with an error. */
export interface Refusal {
  status: number
  code: Code
  /** What is wrong, and what to do about it. */
  hint: string
  method: string
  url: string
  /** Where the page came from, if a page asked. */
  origin: string | null
  /** With `INVALID_BODY`: each field. */
  issues?: { path: string; message: string }[]
}

export interface Times {
  /** How many requests it lasts for. Default: until `reset()`. */
  times?: number
}

/** How the kit can misbehave. Each applies to requests from now on, until `reset()`, and they add up. */
export interface Scenarios {
  /** No answer comes: no network, no DNS. */
  offline(options?: Times): void
  /**
   * The console's database does not answer: 503. `retryAfter` are the seconds that it asks for; default: 1. (The
   * reference server asks for 5.)
   */
  down(options?: Times & { retryAfter?: number }): void
  /** 429 with `Retry-After`, in seconds; default: 1. */
  rateLimited(options?: Times & { retryAfter?: number }): void
  /**
   * The page's origin was forgotten in `ALLOWED_ORIGINS`. A page on another origin than the one it asks sees no answer,
   * as in a browser; where the proxy is on its own, it can read the 403.
   */
  originBlocked(options?: Times): void
  /**
   * The console refuses with this code of the contract: `SIGNATURE_INVALID` as for a wrong secret, `INVALID_SITE_ID` as for a
   * site that does not exist yet, `INVALID_BODY` as for an event that is wrong.
   *
   * @throws TypeError if the contract has no such code
   */
  refusing(code: Code, options?: Times): void
  /** Sets the server's clock so many seconds ahead of the visitor's; a negative number sets it behind. */
  clock(seconds: number): void
  /** Each answer comes so many milliseconds later; the event is recorded before. */
  slow(ms: number, options?: Times): void
}

/** A console, and a first-party proxy before it, as handlers of Mock Service Worker. */
export interface OpsmantikKit extends Scenarios {
  /** For `setupServer(...kit.handlers)` or `setupWorker(...kit.handlers)`. */
  readonly handlers: RequestHandler[]
  readonly consoleUrl: string
  readonly proxyUrl: string
  readonly siteId: string
  readonly secret: string
  /** Returns the calls that were recorded since `reset()` and fit, newest last. */
  calls(filter?: CallFilter<ReceivedCall>): ReceivedCall[]
  /** What was refused since `reset()`, newest last. */
  refused(): Refusal[]
  /** The page and session events recorded since `reset()`, newest last. */
  views(): ReceivedView[]
  /**
   * Resolves with the first call that fits and that no earlier `waitForCall` has resolved with: with one that is there
   * already, or with the next to come.
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
