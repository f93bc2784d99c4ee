import { Limited, NotSeen } from '../../conformance/check.js'
import { findObstacle, type Obstacle } from '../../conformance/server/find-obstacle.js'
import { openServer } from '../../conformance/server/server.js'
import type { OutgoingRequest } from '../../probe/exchange.js'
import type { Run } from './run.js'

/** Requests of a diagnosis with all options and one old origin, those of its preliminary check among them: under 60. */
const REQUESTS = 60

const headersOf = (fields: readonly [string, string][]): Headers => {
  const headers = new Headers()
  for (const [name, value] of fields)
    try {
      headers.append(name, value)
    } catch {
      // A line that is no header field is not there.
    }
  return headers
}

/** Returns a `fetch` that sends as the run does: as a browser, trusting its authority, within its time. */
const fetchThrough = (run: Run): typeof fetch =>
  (async (url: string, { method = 'GET', headers, body }: RequestInit = {}) => {
    const { 'User-Agent': _, ...rest } = headers as Record<string, string>
    const seen = await run.send({
      method,
      url,
      headers: rest,
      body: body as OutgoingRequest['body'],
    })
    if (seen.failure !== null)
      throw new TypeError('no response', {
        cause: Object.assign(new Error(seen.failure.message), { code: seen.failure.code }),
      })
    return new Response(seen.status === 204 || seen.status === 304 ? null : seen.text, {
      status: seen.status,
      headers: headersOf(seen.fields),
    })
  }) as typeof fetch

/**
 * Makes the conformance kit's preliminary check: is the server reachable, the origin known, the secret correct, signing
 * on, the limit large enough? Records nothing.
 *
 * @returns the first that is not so; null if all are, or if it cannot be told from here
 */
export const lookForObstacle = async (run: Run): Promise<Obstacle | null> => {
  const { origin, siteId, secret } = run.settings
  try {
    const targetFor = await openServer({
      url: run.base,
      origin,
      siteId: siteId ?? undefined,
      secret: secret ?? undefined,
      fetch: fetchThrough(run),
    })
    const plan = { requests: REQUESTS, caller: 'doctor' }
    return (await findObstacle(targetFor('doctor'), plan)) ?? null
  } catch (error) {
    if (error instanceof NotSeen) return { code: 'UNREACHABLE', message: `${error.message}.` }
    if (error instanceof Limited) return { code: 'BUDGET_TOO_SMALL', message: `${error.message}.` }
    // Anything else is an answer that the findings describe.
    return null
  }
}
