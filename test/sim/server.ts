import { createRequire } from 'node:module'
import { join } from 'node:path'
import { bundle, ROOT, type Edit } from './bundle.mjs'
import type { Clock } from './clock.js'
import type { SimulationPlan } from './plan.js'
import type { Random } from './random.js'
import type { SimulatedReply } from './replies.js'
import { ORIGIN, SITE, signed } from '../../server-reference/src/testing/sign.js'
import type { Limiter } from '../../server-reference/src/limits/limiter.js'
import type { ReplayCache } from '../../server-reference/src/replay/replay-cache.js'
import type { NewCall, RecordedCall, Store } from '../../server-reference/src/store/store.js'
import { nodeDigests } from '../../server-reference/src/digest/node-digests.js'
import type { MemoryWorld } from '../../server-reference/src/memory-world.js'

const ENTRY = 'test/sim/server-entry.ts'
/** Milliseconds that a proxy waits (contract section 14). */
const PROXY_TIMEOUT = 4_000
const WINDOW = 60_000

export type ServerCode = typeof import('./server-entry.js') & {
  /** Its random UUIDs are counted instead, so that a seed's trace is the same each time. */
  ids: { given: number }
}

export const loadServer = async (edits: readonly Edit[]): Promise<ServerCode> => {
  const require = createRequire(join(ROOT, 'server-reference/package.json'))
  const ids = { given: 0 }
  const randomUUID = (): string =>
    `00000000-0000-4000-8000-${String(++ids.given).padStart(12, '0')}`
  const exports = { ids } as ServerCode
  const code = await bundle(ENTRY, 'cjs', edits)
  // oxlint-disable-next-line typescript/no-implied-eval -- bundled above, so that bugs can be planted
  new Function('require', 'exports', '__filename', 'crypto', code)(
    require,
    exports,
    join(ROOT, 'server-reference/src/index.js'),
    { randomUUID },
  )
  return exports
}

const broken = (what: string): never => {
  throw new Error(what)
}

/** The reference server's own steps on its memory store, with a proxy before it, and everything that can go wrong. */
export class SimulatedServer {
  /** True while the server does not listen. */
  down = false
  /** The replay cache is gone: it knows nothing, and keeps nothing. */
  cache: 'works' | 'forgets' = 'works'
  /** Frequency of statements that fail, before or after their commit, and of slow ones. */
  failing = 0
  slow = 0
  /** The origin is missing from ALLOWED_ORIGINS. */
  closed = false
  readonly #clock: Clock
  readonly #random: Random
  readonly #code: ServerCode
  readonly #plan: SimulationPlan
  readonly #trace: ((line: string) => void) | undefined
  readonly #store: MemoryWorld['store']
  #app!: ReturnType<ServerCode['createApp']>
  #starts = 0

  constructor(
    clock: Clock,
    random: Random,
    code: ServerCode,
    plan: SimulationPlan,
    trace?: (line: string) => void,
  ) {
    this.#clock = clock
    this.#random = random
    this.#code = code
    this.#plan = plan
    this.#trace = trace
    code.ids.given = 0
    const site = { id: SITE.id, publicId: SITE.publicId, secrets: [SITE.secret] }
    const now = (): number => clock.now
    this.#store = code.createMemoryWorld({ sites: [site], now, digests: nodeDigests }).store
    this.restart()
  }

  /** Returns the rows of one press. */
  rows(mark: string): (NewCall & RecordedCall)[] {
    return this.#store.memory.calls.filter(({ event }) => event.intent_target === mark)
  }

  /** Rows stay; limits, replay keys, turns and everything in flight are gone. */
  restart(): void {
    this.#starts++
    const origins = new this.#code.OriginPolicy([{ origin: ORIGIN, until: null }])
    const allows = origins.allows.bind(origins)
    origins.allows = (received) => !this.closed && allows(received)
    const world = this.#code.createMemoryWorld({
      origins,
      limiter: this.#limiter(),
      replay: this.#cache(),
      store: this.#failingStore(),
      digests: nodeDigests,
      now: () => this.#clock.now,
    })
    this.#app = this.#code.createApp(world)
  }

  /** A request arrives. Undefined: no answer comes. `url` says whether it comes by way of the site's own proxy. */
  async receive(
    url: string,
    headers: Record<string, string>,
    body: string,
  ): Promise<SimulatedReply | undefined> {
    if (this.#plan.mode === 'signed')
      return this.#handle(new URL(url).pathname, { ...headers, Origin: ORIGIN }, body)
    const ts = String(Math.floor(this.#clock.now / 1_000))
    const proxied = { ...signed(body, { ts }), 'X-Ops-Proxy': '1', 'X-Ops-Proxy-Host': 'shop' }
    const late = this.#clock.sleep(PROXY_TIMEOUT).then(() => proxyReply(504, 'UPSTREAM_TIMEOUT'))
    const reply = await Promise.race([this.#handle('/api/call-event/v2', proxied, body), late])
    return reply ?? proxyReply(502, 'UPSTREAM_UNREACHABLE')
  }

  async #handle(
    path: string,
    headers: Record<string, string>,
    body: string,
  ): Promise<SimulatedReply | undefined> {
    if (this.down) return undefined
    const starts = this.#starts
    const chunks = [Buffer.from(body)]
    // As much of a Request as the steps use: a whole one takes longer than all of them together.
    const request = {
      method: 'POST',
      url: 'https://console.example' + path,
      headers: new Headers({ 'Content-Type': 'text/plain;charset=UTF-8', ...headers }),
      body: {
        getReader: () => ({ read: async () => ({ value: chunks[0], done: !chunks.shift() }) }),
      },
    }
    const response = await this.#app.fetch(request as unknown as Request, { address: '192.0.2.1' })
    const text = await response.text()
    this.#trace?.(`server answers ${response.status} ${text.slice(0, 80)}`)
    // It was restarted meanwhile: the connection is gone.
    if (starts !== this.#starts) return undefined
    this.onAnswer(body, response.status, text)
    return { status: response.status, text, headers: Object.fromEntries(response.headers) }
  }

  /** Called with each response as it leaves. */
  onAnswer: (body: string, status: number, text: string) => void = () => {}

  #limiter(): Limiter {
    const windows = new Map<string, { ends: number; count: number }>()
    return {
      mode: () => 'memory',
      take: async (counts) =>
        counts.map(({ kind, key }) => {
          const limit = kind === 'v1' || kind === 'v2' ? this.#plan.limit : 6_000
          const now = this.#clock.now
          let window = windows.get(kind + key)
          if (!window || window.ends <= now) window = { ends: now + WINDOW, count: 0 }
          windows.set(kind + key, window)
          const remaining = Math.max(0, limit - ++window.count)
          return {
            kind,
            limit,
            remaining,
            resetMs: window.ends - now,
            refused: window.count > limit,
          }
        }),
    }
  }

  #cache(): ReplayCache {
    const real = this.#code.createMemoryReplayCache(() => this.#clock.now)
    return {
      get: async (key) => (this.cache === 'works' ? real.get(key) : undefined),
      set: (key, seen) => {
        if (this.cache === 'works') void real.set(key, seen)
      },
    }
  }

  #failingStore(): Store {
    const real = this.#store
    const random = this.#random
    const wait = async (): Promise<void> => {
      if (random.chance(this.slow)) await this.#clock.sleep(random.between(1, 12_000))
    }
    return {
      ...real,
      verify: async (claim) => {
        if (random.chance(this.failing / 5)) broken('the verifier cannot be reached')
        return real.verify(claim)
      },
      recordCall: async (call) => {
        await wait()
        if (random.chance(this.failing)) broken('the insert failed')
        const recorded = await real.recordCall(call)
        this.#trace?.(
          `server row ${call.event.intent_target} ${recorded.inserted ? 'new' : 'known'}`,
        )
        await wait()
        if (random.chance(this.failing / 3)) broken('committed, but nobody was told')
        return recorded
      },
    }
  }
}

const proxyReply = (status: number, code: string): SimulatedReply => ({
  status,
  text: JSON.stringify({ error: 'The server behind the proxy', code }),
  headers: { 'content-type': 'application/json' },
})
