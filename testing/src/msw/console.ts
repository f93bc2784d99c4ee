import {
  corsHeaders,
  createApp,
  createMemoryWorld,
  OriginPolicy,
  type Limiter,
  type Log,
  type MemoryWorld,
  type Store,
} from '@opsmantik/reference-server/memory'
import { canonicalSiteId, RATE_LIMITS, REFUSALS, type Code } from '@opsmantik/tracker/contract'
import type { ReceivedCall, ReceivedView } from './kit.js'
import type { MswSettings } from './settings.js'
import { pageOrigin, toRequest, type Asked } from './request.js'
import type { Conditions } from './scenarios.js'

export interface Witness {
  call(call: ReceivedCall): void
  view(view: ReceivedView): void
}

/** Answers as the console would. */
export type AskServer = (
  request: Omit<Asked, 'origin'>,
  conditions: Conditions,
) => Promise<Response>

const nothing = (): void => {}

/** A test does not read logs, but errors that the server did not expect are shown for the maintainers of the kit. */
const LOG: Log = {
  info: nothing,
  warn: nothing,
  error: (fields, message) => {
    // oxlint-disable-next-line no-console
    if (message === 'unexpected') console.error('[opsmantik/msw]', Object(fields).err)
  },
}

/** Returns the allowlist; by default the server's origin and the page's current one. */
const policyOf = ({ origins, consoleUrl }: MswSettings, now: () => number): OriginPolicy => {
  if (origins) return new OriginPolicy(origins, now)
  const listed = [new URL(consoleUrl).origin, pageOrigin() ?? '']
  return new OriginPolicy(
    listed.filter((origin) => origin.startsWith('http')).map((origin) => ({ origin, until: null })),
    now,
  )
}

const fail = (): Promise<never> => Promise.reject(new Error('down() was asked for'))

/** Returns a store that fails while the scenario `down` applies. */
const answering = (store: Store, down: Conditions['down']): Store => ({
  ...store,
  verify: (claim) => (down() === undefined ? store.verify(claim) : fail()),
  resolve: (identifier) => (down() === undefined ? store.resolve(identifier) : fail()),
  recordCall: (call) => (down() === undefined ? store.recordCall(call) : fail()),
  recordSync: (events) => (down() === undefined ? store.recordSync(events) : fail()),
})

/** Returns a limiter that refuses everything while the scenario `rateLimited` applies. */
const limiting = (limiter: Limiter, limited: Conditions['limited']): Limiter => ({
  mode: limiter.mode,
  take: (counts) => {
    const seconds = limited()
    if (seconds === undefined) return limiter.take(counts)
    return counts.map(({ kind }) => ({
      kind,
      limit: RATE_LIMITS[kind].limit,
      remaining: 0,
      resetMs: seconds * 1000,
      refused: true,
    }))
  },
})

/** Returns a store that reports what is recorded. */
const watched = (store: MemoryWorld['store'], witness: Witness): Store => ({
  ...store,
  recordCall: async (call) => {
    const recorded = await store.recordCall(call)
    if (recorded.inserted)
      witness.call({
        ...call.event,
        call_id: recorded.callId,
        session_id: recorded.sessionId,
        endpoint: call.endpoint,
      })
    return recorded
  },
  recordSync: async (events) => {
    const before = store.memory.syncEvents.length
    await store.recordSync(events)
    for (const { event } of store.memory.syncEvents.slice(before)) witness.view(event)
  },
})

/** Returns a refusal that a scenario asked for, as the server would word it. */
const refusal = (
  code: Code,
  origin: string | null,
  origins: OriginPolicy,
  now: () => number,
): Response => {
  const { status, error } = REFUSALS[code]
  const said = {
    error,
    code,
    request_id: crypto.randomUUID(),
    ...(status === 401 && { server_ts: Math.floor(now() / 1000) }),
  }
  const headers = new Headers({ 'Content-Type': 'application/json' })
  const cors = corsHeaders(origins, origin ?? undefined)
  for (let at = 0; at < cors.length; at += 2) headers.set(cors[at]!, cors[at + 1]!)
  return new Response(JSON.stringify(said), { status, headers })
}

/**
 * Starts the reference server on an empty memory store.
 *
 * @param now the console's clock, in milliseconds
 */
export const startConsole = (
  settings: MswSettings,
  now: () => number,
  witness: Witness,
): AskServer => {
  const publicId = canonicalSiteId(settings.siteId)
  const id = publicId.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
  const world = createMemoryWorld({
    sites: [{ id, publicId, secrets: [settings.secret] }],
    log: LOG,
    now,
  })
  const store = watched(world.store, witness)
  const base = new URL(settings.consoleUrl)

  return async (request, { blocked, refusing, limited, down }) => {
    const origins = blocked ? new OriginPolicy([]) : policyOf(settings, now)
    const code = request.method === 'POST' ? refusing() : undefined
    if (code !== undefined) return refusal(code, request.headers.get('origin'), origins, now)

    // An application for each request, as its conditions are its own; that takes less than a tenth of a millisecond.
    const app = createApp({
      ...world,
      origins,
      limiter: limiting(world.limiter, limited),
      store: answering(store, down),
    })
    const url = new URL(request.url)
    url.pathname = url.pathname.slice(base.pathname.replace(/\/$/, '').length)
    const answer = await app.fetch(toRequest({ ...request, url: url.href }))
    const retryAfter = answer.status === 503 ? down() : undefined
    if (retryAfter !== undefined) answer.headers.set('Retry-After', String(retryAfter))
    return answer
  }
}
