import { vi } from 'vitest'
import type { ResponseHead } from '../../src/contract/outcome.js'
import type { Outcome } from '../../src/tracker/delivery.js'
import type { Signing } from '../../src/tracker/sign.js'
import type { Send } from '../../src/tracker/transport.js'

interface Timer {
  at: number
  run: () => void
}

/** One request that delivery has started, to be answered by the test. */
export interface StartedRequest {
  at: number
  body: string
  keepalive: boolean
  signing: Signing | undefined
  answer(status: number, json?: unknown, headers?: Record<string, string>): Promise<void>
  fail(): Promise<void>
}

/** Lets everything that is ready to run, run: a macrotask comes after every microtask. */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Simulates a world whose clock the test moves, and whose network is the test itself. */
export class VirtualWorld {
  time = Date.UTC(2026, 0, 1)
  luck = 0.5
  readonly sent: StartedRequest[] = []
  readonly reported: Outcome[] = []
  /** Requests in flight that the page has beside those of the test. */
  others = 0
  readonly #timers = new Set<Timer>()
  #inFlight = 0

  /** Makes the globals of the test this world's own. */
  install(): void {
    vi.stubGlobal('setTimeout', this.after)
    vi.stubGlobal('clearTimeout', this.cancel)
    vi.spyOn(Date, 'now').mockImplementation(() => this.time)
    vi.spyOn(Math, 'random').mockImplementation(() => this.luck)
  }

  report = (outcome: Outcome): Outcome => {
    this.reported.push(outcome)
    return outcome
  }

  after = (then: () => void, ms = 0): Timer => {
    const timer = { at: this.time + Math.max(0, ms), run: then }
    this.#timers.add(timer)
    return timer
  }
  cancel = (timer?: Timer): void => void (timer && this.#timers.delete(timer))

  taken = (): number => this.#inFlight + this.others

  send: Send = (body, keepalive, signing) =>
    new Promise((resolve) => {
      this.#inFlight++
      let isOpen = 1
      const reply = async (answer: ResponseHead, text = ''): Promise<void> => {
        this.#inFlight -= isOpen
        isOpen = 0
        resolve([answer, text])
        await settle()
      }
      this.sent.push({
        at: this.time,
        body,
        keepalive,
        signing,
        answer: (status, json = {}, more = {}) =>
          reply(
            {
              status,
              redirected: false,
              headers: new Headers({ 'content-type': 'application/json', ...more }),
            },
            typeof json === 'string' ? json : JSON.stringify(json),
          ),
        fail: () => reply(Response.error()),
      })
    })

  get timers(): number {
    return this.#timers.size
  }

  /** Moves the clock on, stopping at each timer on the way. */
  async pass(ms: number): Promise<void> {
    const end = this.time + ms
    for (;;) {
      await settle()
      const [next] = [...this.#timers].filter((t) => t.at <= end).sort((a, b) => a.at - b.at)
      if (!next) break
      this.#timers.delete(next)
      this.time = Math.max(this.time, next.at)
      next.run()
    }
    this.time = end
    await settle()
  }
}
