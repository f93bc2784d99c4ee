import { randomBytes, randomUUID } from 'node:crypto'
import { createProxy } from '@opsmantik/tracker/proxy'
import type { Logger } from 'pino'
import { createApp, type App } from '../app.js'
import { OriginPolicy, type OriginEntry } from '../config/origins.js'
import { nodeDigests } from '../digest/node-digests.js'
import { LIMIT_KINDS } from '../limits/contract-limits.js'
import type { LimitKind } from '../limits/limiter.js'
import type { ConsoleMessage } from '../live/detail.js'
import { createFeed } from '../live/feed.js'
import { withDetail } from '../live/trace.js'
import { createMemoryWorld } from '../memory-world.js'
import type { InspectionEntry } from './entry.js'
import { createFaults, type InjectedFaults } from './faults.js'

/** Options of a test's namespace. */
export interface ServerNamespaceOptions {
  /** The site's 32-hex public id. Default: random. */
  siteId?: string | undefined
  /** Default: random. */
  secret?: string | undefined
  /** Default: every origin. */
  origins?: OriginEntry[] | undefined
  /** Requests per minute by kind of limit. Default: so many that no test meets them. */
  limits?: Partial<Record<LimitKind, number>> | undefined
}

export interface ServerNamespace {
  siteId: string
  secret: string
  faults: InjectedFaults
  /** Sets the seconds by which the server's clock is ahead. */
  setClock(offset: number): void
  app: App
  /** A first-party proxy before the server, for pages of any origin. */
  proxy: (request: Request) => Promise<Response>
  /** Returns the entries after the nth one; waits up to `wait` milliseconds for the first. */
  after(n: number, wait: number): Promise<InspectionEntry[]>
}

/** So that a test that never ends does not fill the memory; the oldest go. */
const KEPT = 5_000
const PLENTY = 1_000_000

const OUTCOMES: Record<string, InspectionEntry['outcome']> = {
  call: 'recorded',
  noop: 'repeated',
  sync: 'synced',
  refused: 'refused',
}

const asJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

const entryOf = (message: ConsoleMessage, n: number, at: number): InspectionEntry => {
  const { detail } = message
  const refusal = message.type === 'refused' ? message : undefined
  const stopped = detail?.steps.find(({ result }) => result === 'stopped')
  return {
    n,
    at,
    outcome: OUTCOMES[message.type] ?? 'refused',
    endpoint: detail?.target.replace(/\?.*/, '') ?? '',
    status: detail?.answer.status ?? 0,
    ...(refusal && { code: refusal.code, hint: refusal.hint }),
    ...(refusal &&
      stopped && {
        step: {
          ...(stopped.number !== undefined && { number: stopped.number }),
          name: stopped.name,
        },
      }),
    body: detail && 'text' in detail.body ? asJson(detail.body.text) : null,
    headers: Object.fromEntries(
      (detail?.headers ?? []).map(({ name, value }) => [name.toLowerCase(), value]),
    ),
    answer: asJson(detail?.answer.body ?? ''),
  }
}

/** Creates a complete separate server in memory: parallel tests share nothing but the socket. */
export const createNamespace = (options: ServerNamespaceOptions, log: Logger): ServerNamespace => {
  const siteId = options.siteId ?? randomBytes(16).toString('hex')
  const secret = options.secret ?? randomBytes(24).toString('base64url')
  let offset = 0
  const now = (): number => Date.now() + offset * 1000

  const entries: InspectionEntry[] = []
  let count = 0
  let wake = (): void => {}
  let changed = new Promise<void>((resolve) => (wake = resolve))
  const record = (message: ConsoleMessage): void => {
    entries.push(entryOf(message, ++count, now()))
    if (entries.length > KEPT) entries.shift()
    wake()
    changed = new Promise((resolve) => (wake = resolve))
  }

  const world = createMemoryWorld({
    sites: [{ id: randomUUID(), publicId: siteId, secrets: [secret] }],
    digests: nodeDigests,
    origins: new OriginPolicy(options.origins ?? [{ origin: '*', until: null }], now),
    limits: Object.fromEntries(LIMIT_KINDS.map((kind) => [kind, options.limits?.[kind] ?? PLENTY])),
    // Not the feed's own way, which leaves refusals out when there are many: a test counts them.
    feed: withDetail({
      ...createFeed(now),
      publish: (message) => record(message as ConsoleMessage),
    }),
    log,
    now,
    console: true,
  })
  const app = createApp(world)
  const faults = createFaults(async (request) => app.fetch(request))
  const forward = createProxy({
    secret,
    siteId,
    consoleUrl: 'http://namespace.invalid',
    now,
    fetch: (async (url: string, init: RequestInit) => {
      const request = new Request(url, init)
      return (await faults.meet(request)) ?? app.fetch(request)
    }) as typeof fetch,
  })

  return {
    siteId,
    secret,
    faults,
    app,
    setClock: (seconds) => void (offset = seconds),
    async proxy(request) {
      const origin = request.headers.get('origin') ?? '*'
      const headers = new Headers(request.headers)
      // Tests serve their pages from wherever they like.
      headers.delete('origin')
      const response = await forward(new Request(request, { headers }))
      response.headers.set('Access-Control-Allow-Origin', origin)
      response.headers.set('Access-Control-Expose-Headers', 'Retry-After, X-Request-Id')
      return response
    },
    async after(n, wait) {
      const found = (): InspectionEntry[] => entries.filter((entry) => entry.n > n)
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, wait)))
      let over = false
      void late.then(() => (over = true))
      while (found().length === 0 && !over && wait > 0) await Promise.race([changed, late])
      clearTimeout(timer)
      return found()
    },
  }
}
