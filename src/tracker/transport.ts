import type { Answer } from '../contract/outcome.js'
import type { Headers } from './sign.js'

/** Milliseconds after which a request counts as unanswered. A keepalive promise may never settle after bfcache. */
const TIMEOUT = 11_000

/**
 * Sends one request and never rejects: whatever goes wrong is an answer with status 0. Unless it waits for a signature,
 * the request starts before this returns. The only place that calls `fetch`.
 *
 * The body travels as `text/plain`, which needs no preflight of its own. It is always read to the end: an unread body
 * keeps its share of the page's 64 KiB keepalive quota (opentelemetry-js#7002).
 *
 * @param keepalive lets the request outlive the page
 * @param signing the headers of a signature
 */
export const send = (
  url: string,
  body: string,
  keepalive: boolean,
  signing?: Promise<Headers> | false | undefined,
): Promise<Answer> =>
  new Promise((resolve) => {
    // After an answer this has nothing to say any more.
    const none = (): void => {
      clearTimeout(timer)
      resolve({ status: 0, text: '', headers: new Headers() })
    }
    const timer = setTimeout(none, TIMEOUT)
    const exchange = async (): Promise<void> => {
      const answer = await fetch(url, {
        method: 'POST',
        body,
        // One that is already there costs a microtask, which is part of the press's own task.
        headers: signing ? await signing : {},
        keepalive,
      })
      const text = await answer.text()
      // A redirect may have turned the POST into a GET: what answered has not seen the event.
      if (!answer.redirected) resolve({ status: answer.status, text, headers: answer.headers })
    }
    exchange().then(none, none)
  })
