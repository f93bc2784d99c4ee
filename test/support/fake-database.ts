import type { Transact } from '../../src/tracker/database.js'
import type { Entry } from '../../src/tracker/outbox.js'
import { seal, unseal } from '../../src/tracker/seal.js'

/** Simulates the outbox of one device: transactions run one after the other, and fail on request. */
export class FakeDatabase {
  readonly entries = new Map<string, Entry>()
  /** The value that is found instead of our entries. */
  junk: unknown
  /** `closed`: it cannot be opened. `full`: it can be read, and refuses every change. */
  state: 'works' | 'closed' | 'full' = 'works'
  #turn: Promise<unknown> = Promise.resolve()

  transact: Transact = (change) => {
    const run = async (): Promise<void> => {
      if (this.state === 'closed') throw new Error('closed')
      const text = change(this.junk ?? seal(Object.fromEntries(this.entries)))
      if (this.state === 'full') throw new Error('full')
      this.junk = undefined
      this.entries.clear()
      for (const [id, entry] of Object.entries(unseal(text) as object))
        this.entries.set(id, entry as Entry)
    }
    const done = this.#turn.then(run)
    this.#turn = done.catch(() => {})
    return done
  }
}
