import { drawFate, goodFate, OFFLINE, type Fate } from './fates.js'
import type { SimulatedTry } from './ledger.js'
import type { Page } from './page.js'
import type { Random } from './random.js'
import type { SimulatedReply } from './replies.js'
import type { Sim } from './sim.js'

/** Bytes of bodies that a page may have in flight with keepalive (Fetch, 4.6). */
const KEEPALIVE_QUOTA = 65_536

interface Request {
  page: Page
  tried: SimulatedTry
  keepalive: boolean
  bytes: number
  arrived: boolean
  /** The page went away and took it along. */
  cancelled: boolean
  /** Its promise stays open for ever, as in some browsers after bfcache. */
  silenced: boolean
}

/** Between the devices and the server. */
export class Network {
  /** No more faults. */
  calm = false
  sim!: Sim
  readonly #random: Random
  readonly #inFlight = new Set<Request>()

  constructor(random: Random) {
    this.#random = random
  }

  fetch(page: Page, url: string, init: RequestInit): Promise<unknown> {
    if (!page.effect()) return new Promise(() => {})
    const { sim } = this
    const body = String(init.body)
    const tried = sim.ledger.sent(page, body)
    const request: Request = {
      page,
      tried,
      keepalive: init.keepalive === true,
      bytes: body.length,
      arrived: false,
      cancelled: false,
      silenced: false,
    }
    const fate = this.#fate(request)
    sim.trace?.(`${page.name} sends ${tried.intent.mark}, try ${tried.number}: ${fate.name}`)
    this.#inFlight.add(request)
    return new Promise((resolve, reject) => {
      const headers = init.headers as Record<string, string>
      const finish = (reply: SimulatedReply | undefined, ms: number): void =>
        void sim.clock.after(ms, () => {
          this.#inFlight.delete(request)
          if (request.silenced) return
          page.run(() => {
            if (reply) resolve(this.#response(request, reply, fate))
            else {
              this.#tell(request)
              reject(new TypeError('Failed to fetch'))
            }
          })
        })
      fate.arrives.forEach((ms, index) =>
        sim.clock.after(ms, async () => {
          if (request.cancelled) return
          request.arrived = true
          const reply = await sim.server.receive(url, headers, body)
          if (index === fate.arrives.length - 1 && fate.reply !== 'silence')
            finish(this.#shown(fate, reply), fate.travels)
        }),
      )
      if (fate.arrives.length === 0 && fate.reply !== 'silence')
        finish(this.#shown(fate, undefined), fate.travels)
      init.signal?.addEventListener('abort', () => {
        request.silenced = true
        this.#inFlight.delete(request)
        this.#tell(request)
        reject(new DOMException('aborted', 'AbortError'))
      })
    })
  }

  pageDied(page: Page): void {
    for (const request of this.#inFlight)
      if (request.page === page && !request.keepalive && !request.arrived)
        request.cancelled = this.#random.chance(0.7)
  }

  pageFrozen(page: Page): void {
    for (const request of this.#inFlight)
      if (request.page === page) request.silenced = this.#random.chance(0.3)
  }

  #fate(request: Request): Fate {
    const { page } = request
    const { clock, plan } = this.sim
    let bytes = 0
    for (const other of this.#inFlight)
      if (other.page === page && other.keepalive) bytes += other.bytes
    if (request.keepalive && bytes + request.bytes > KEEPALIVE_QUOTA)
      return { ...OFFLINE, name: 'over the keepalive quota' }
    if (page.device.offline) return OFFLINE
    if (this.calm || !this.#random.chance(plan.trouble)) return goodFate(this.#random)
    return drawFate(this.#random, plan.troubles, clock.now)
  }

  /** Returns the reply that the browser shows to the page, or undefined if the request has failed. */
  #shown(fate: Fate, real: SimulatedReply | undefined): SimulatedReply | undefined {
    if (fate.reply === 'error' || fate.reply === 'silence') return undefined
    // A browser hides a cross-origin response without the header; intermediaries mostly do not send it.
    const isCross = this.sim.plan.mode === 'signed'
    if (fate.reply !== 'real') return isCross && this.#random.chance(0.5) ? undefined : fate.reply
    return isCross && !real?.headers['access-control-allow-origin'] ? undefined : real
  }

  /** Tells the page's code the result of a request. */
  #tell(request: Request, reply?: SimulatedReply): void {
    const { ledger, trace } = this.sim
    const { page, tried } = request
    trace?.(
      `${page.name} is told ${tried.intent.mark}, try ${tried.number}: ` +
        (reply ? `${reply.status} ${reply.text.slice(0, 60)}` : 'nothing'),
    )
    ledger.answered(tried, reply)
  }

  #response(request: Request, reply: SimulatedReply, fate: Fate): unknown {
    const { page } = request
    return {
      status: reply.status,
      ok: reply.status >= 200 && reply.status < 300,
      redirected: reply.redirected === true,
      headers: { get: (name: string) => reply.headers[name.toLowerCase()] ?? null },
      text: () =>
        fate.body === 'stalls'
          ? new Promise(() => {})
          : page.later(this.#random.below(10), () => {
              if (fate.body === 'breaks') {
                this.#tell(request)
                throw new TypeError('network error')
              }
              this.#tell(request, reply)
              return reply.text
            }),
    }
  }
}
