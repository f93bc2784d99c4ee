import type { Transact } from '../../src/tracker/database.js'
import type { Entry } from '../../src/tracker/outbox.js'

/** The outbox of one device: transactions one after the other, and what breaks when told to. */
export class FakeDatabase {
  readonly entries = new Map<string, Entry>()
  /** `closed`: it cannot be opened. `full`: it can be read, and refuses every change. */
  state: 'works' | 'closed' | 'full' = 'works'
  #turn: Promise<unknown> = Promise.resolve()

  transact: Transact = (change) => {
    const run = async (): Promise<void> => {
      if (this.state === 'closed') throw new Error('closed')
      const after = new Map(this.entries)
      change(
        [...this.entries.values()].map((entry) => ({ ...entry })),
        {
          put: (entry) => after.set(entry.id, { ...entry }),
          delete: (id) => after.delete(id),
        },
      )
      if (this.state === 'full') throw new Error('full')
      this.entries.clear()
      for (const [id, entry] of after) this.entries.set(id, entry)
    }
    const done = this.#turn.then(run)
    this.#turn = done.catch(() => {})
    return done
  }
}
