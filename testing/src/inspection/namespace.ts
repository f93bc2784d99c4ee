import type { InspectionEntry, InjectedFault } from '@opsmantik/reference-server/memory'
import type { CallEvent, SyncEvent } from '@opsmantik/tracker/contract'
import { describeFilter, fits, WAIT_TIMEOUT_MS, type CallFilter } from '../calls.js'

export interface NamespaceOptions {
  /** The site's 32-hex public id. Default: random. */
  siteId?: string
  /** At least 16 characters. Default: random. */
  secret?: string
  /** Origins that may send. Default: every one. */
  origins?: string[]
  /** Requests per minute by kind (`coarse`, `v1`, `v2`, `sync`, `address`, `site`). Default: plenty. */
  limits?: Record<string, number>
}

/** Reads and controls the separate server of one test. */
export interface Namespace {
  /** For `data-ops-console-url`, or a proxy's console URL. */
  consoleUrl: string
  /** A first-party proxy before it, for `data-ops-proxy-url`. */
  proxyUrl: string
  siteId: string
  secret: string
  /**
   * Resolves with the first recorded call event that matches the filter, also an earlier one.
   *
   * @param options `timeout` in milliseconds; default 4,000
   * @throws Error that names the missing call and what came instead
   */
  waitForCall(filter?: CallFilter, options?: { timeout?: number }): Promise<CallEvent>
  /** Returns the call events that were recorded and fit, newest last. */
  calls(filter?: CallFilter): Promise<CallEvent[]>
  /** Returns every recorded page view. */
  views(): Promise<SyncEvent[]>
  /** Returns the refused requests, each with the step that stopped it. */
  refused(): Promise<InspectionEntry[]>
  /** Returns all entries. */
  events(): Promise<InspectionEntry[]>
  fault(fault: InjectedFault): Promise<void>
  clearFaults(): Promise<void>
  /** Sets the server's clock `seconds` seconds ahead of the visitor's; a negative number sets it behind. */
  clock(seconds: number): Promise<void>
  /** Forgets everything, faults and clock too. */
  reset(): Promise<void>
  close(): Promise<void>
}

/** Milliseconds that one request waits at most; the server allows ten seconds. */
const POLL_MS = 5_000
const SHOWN = 10

const describeEntry = ({ outcome, endpoint, code, hint, step, body }: InspectionEntry): string => {
  if (outcome === 'refused')
    return `refused ${endpoint}: ${code}, step ${step?.number ?? '?'} ${step?.name ?? ''}. ${hint}`
  const { intent_action, intent_target, u } = Object(body)
  return `${outcome} ${endpoint}: ${[intent_action, intent_target, u].filter(Boolean).join(' ')}`
}

/**
 * Creates, or recreates, a namespace of a reference server that was started with `INSPECT=1`.
 *
 * @param serverUrl such as `http://127.0.0.1:8787`
 * @param name unique to the test, such as Playwright's `testInfo.testId`; any character but letters, digits, `.`, `_`
 *   and `-` becomes `-`
 * @throws Error if no such server responds; its message says how to start one
 */
export const openNamespace = async (
  serverUrl: string,
  name: string,
  options: NamespaceOptions = {},
): Promise<Namespace> => {
  const base = new URL(`/inspect/${name.replaceAll(/[^\w.-]/g, '-').slice(0, 64)}`, serverUrl).href
  const ask = async (method: string, path: string, body?: object): Promise<unknown> => {
    const response = await fetch(base + path, {
      method,
      ...(body && { body: JSON.stringify(body) }),
    }).catch((error: unknown) => {
      throw new Error(
        `no reference server at ${serverUrl}; start one with INSPECT=1 npx @opsmantik/reference-server`,
        { cause: error },
      )
    })
    const answer = (await response.json().catch(() => ({}))) as { error?: string; code?: string }
    if (response.ok) return answer
    throw new Error(
      answer.code === 'NOT_FOUND' && path === ''
        ? `the server at ${serverUrl} has no inspection API: start it with INSPECT=1`
        : `${method} ${base}${path}: ${response.status} ${answer.error ?? ''}`,
    )
  }
  const made = (await ask('PUT', '', options)) as Pick<
    Namespace,
    'consoleUrl' | 'proxyUrl' | 'siteId' | 'secret'
  >
  const { siteId, secret } = made

  const entries = async (after = 0, wait = 0): Promise<InspectionEntry[]> => {
    const { events } = (await ask('GET', `/events?after=${after}&wait=${wait}`)) as {
      events: InspectionEntry[]
    }
    return events
  }
  const bodies = async (outcome: InspectionEntry['outcome']): Promise<unknown[]> =>
    (await entries()).filter((entry) => entry.outcome === outcome).map(({ body }) => body)

  return {
    ...made,
    async waitForCall(filter, { timeout = WAIT_TIMEOUT_MS } = {}) {
      const deadline = Date.now() + timeout
      const seen: InspectionEntry[] = []
      for (;;) {
        const left = deadline - Date.now()
        const more = await entries(seen.at(-1)?.n, Math.max(0, Math.min(POLL_MS, left)))
        seen.push(...more)
        const found = more.find(
          ({ outcome, body }) => outcome === 'recorded' && fits(filter, body as CallEvent),
        )
        if (found) return found.body as CallEvent
        if (left <= 0) break
      }
      const came = seen.slice(-SHOWN).map((entry) => `\n  - ${describeEntry(entry)}`)
      throw new Error(
        `no call${describeFilter(filter)} was recorded within ${timeout} ms; ${
          came.length > 0 ? `what came instead:${came.join('')}` : 'nothing came at all'
        }`,
      )
    },
    calls: async (filter) =>
      ((await bodies('recorded')) as CallEvent[]).filter((call) => fits(filter, call)),
    views: async () =>
      (await bodies('synced')).flatMap((body) => (Object(body).events ?? [body]) as SyncEvent[]),
    refused: async () => (await entries()).filter(({ outcome }) => outcome === 'refused'),
    events: () => entries(),
    fault: async (fault) => void (await ask('POST', '/faults', fault)),
    clearFaults: async () => void (await ask('DELETE', '/faults')),
    clock: async (seconds) => void (await ask('PUT', '/clock', { offset: seconds })),
    reset: async () => void (await ask('PUT', '', { ...options, siteId, secret })),
    close: async () => void (await ask('DELETE', '')),
  }
}
