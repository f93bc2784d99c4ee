import { REQUEST_TIMEOUT_MS } from '../contract/limits.js'
import type { ResponseHead } from '../contract/outcome.js'
import type { Signing } from './sign.js'
import { within } from './within.js'

/** Milliseconds for which Chromium keeps the connection of a keepalive request after it was aborted. */
const KEEPALIVE_LINGER_MS = 30_000

/**
 * Sends one request and never rejects: any failure becomes a response with status 0. Unless it waits for a signature,
 * the request starts before this returns.
 *
 * @param keepalive lets the request outlive the page
 * @param signing the headers of a signature begun before; made now if there is none
 */
export type Send = (
  body: string,
  keepalive: boolean,
  signing?: Signing,
  url?: string,
) => Promise<[ResponseHead, text: string]>

/**
 * Creates the only function that calls `fetch`, and one that returns how many connections are in use.
 *
 * The body is sent as `text/plain`, which by itself needs no preflight. A response is always read to the end: an unread
 * body keeps its share of the page's 64 KiB keepalive quota (opentelemetry-js#7002).
 */
export const createTransport = (
  to: string,
  signer: (body: string) => Signing,
): [send: Send, taken: () => number] => {
  let taken = 0
  return [
    async (body, keepalive, signing = signer(body), url = to) => {
      let lingersMs = 0
      taken++
      try {
        const aborting = new AbortController()
        const exchange = async (): Promise<[ResponseHead, text: string]> => {
          const response = await fetch(url, {
            method: 'POST',
            body,
            // Awaiting a signature that is already there costs a microtask, which is part of the press's own task.
            headers: signing ? await signing : {},
            keepalive,
            signal: aborting.signal,
          })
          return [response, await response.text()]
        }
        return await within(REQUEST_TIMEOUT_MS, exchange(), () => {
          aborting.abort()
          lingersMs = +keepalive * KEEPALIVE_LINGER_MS
        })
      } catch {
        return [Response.error(), '']
      } finally {
        setTimeout(() => taken--, lingersMs)
      }
    },
    () => taken,
  ]
}
