import { REQUEST_TIMEOUT_MS } from '../contract/limits.js'
import type { Answer } from '../contract/outcome.js'
import type { Signing } from './sign.js'

/** How much longer than its request Chromium keeps the connection of an aborted keepalive request. */
const KEEPALIVE_LINGER_MS = 30_000

export interface Transport {
  /**
   * Sends one request and never rejects: whatever goes wrong is a response with status 0. Unless it waits for a signature,
   * the request starts before this returns.
   *
   * @param keepalive lets the request outlive the page
   * @param signing the headers of a signature
   */
  send(url: string, body: string, keepalive: boolean, signing?: Signing): Promise<Answer>
  /** Returns how many connections are taken. */
  taken(): number
}

/**
 * Creates the only place that calls `fetch`.
 *
 * The body travels as `text/plain`, which needs no preflight of its own. A response is always read to the end: an unread
 * body keeps its share of the page's 64 KiB keepalive quota (opentelemetry-js#7002).
 *
 * @param freed called when a connection is free again
 */
export const createTransport = (freed: () => void): Transport => {
  let taken = 0
  return {
    taken: () => taken,
    async send(url, body, keepalive, signing) {
      const aborting = new AbortController()
      let timer
      let lingers = 0
      let answer: Answer = { status: 0, text: '', headers: new Headers() }
      const exchange = async (): Promise<void> => {
        const response = await fetch(url, {
          method: 'POST',
          body,
          // One that is already there costs a microtask, which is part of the press's own task.
          headers: signing ? await signing : {},
          keepalive,
          signal: aborting.signal,
        })
        const text = await response.text()
        // A redirect may have turned the POST into a GET: whoever responded may not have seen the event.
        answer = {
          status: response.redirected ? 308 : response.status,
          text,
          headers: response.headers,
        }
      }
      taken++
      // A promise may never settle, after the back/forward cache for example.
      await Promise.race([
        exchange().catch(() => {}),
        new Promise<void>((resolve) => {
          timer = setTimeout(() => {
            resolve()
            aborting.abort()
            if (keepalive) lingers = KEEPALIVE_LINGER_MS
          }, REQUEST_TIMEOUT_MS)
        }),
      ])
      clearTimeout(timer)
      setTimeout(() => {
        taken--
        freed()
      }, lingers)
      return answer
    },
  }
}
