/* oxlint-disable unicorn/prefer-add-event-listener -- the tracker sets the listeners of IndexedDB in this way */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createDatabase } from './database.js'

type Listener = ((event: { preventDefault(): void }) => void) | undefined
const NAME = 'opsmantik:site:'

/** As much of a browser's IndexedDB as the tracker uses: transactions run one after the other, and are atomic. */
class Browser {
  stores = new Map<string, Map<string, unknown>>()
  /** Where it fails; `late`: it opens after a minute. */
  state: 'works' | 'blocked' | 'full' | 'unreadable' | 'late' = 'works'
  /** The calls, in order. */
  log: string[] = []
  prevented = 0
  #turn: Promise<unknown> = Promise.resolve()
  readonly #event = { preventDefault: () => void this.prevented++ }

  install(): void {
    vi.stubGlobal('indexedDB', { open: (name: string) => this.#open(name) })
  }

  #open(name: string): unknown {
    const opening = { result: undefined as unknown } as Record<string, unknown>
    const call = (listener: string): void => (opening[listener] as Listener)?.(this.#event)
    setTimeout(
      () => {
        if (this.state === 'blocked') return call('onerror')
        opening['result'] = {
          createObjectStore: (store: string) => this.stores.set(store, new Map()),
          close: () => this.log.push('close'),
          transaction: (store: string, mode: string) => this.#begin(store, mode),
        }
        if (!this.stores.has(name)) call('onupgradeneeded')
        call('onsuccess')
      },
      this.state === 'late' ? 60_000 : 0,
    )
    return opening
  }

  #begin(store: string, mode: string): unknown {
    const rows = this.stores.get(store)!
    const writes: [string, unknown][] = []
    const transaction: Record<string, Listener> = {}
    let end = (): void => {}
    const before = this.#turn
    this.#turn = new Promise<void>((resolve) => (end = resolve))
    this.log.push(mode)
    return Object.assign(transaction, {
      objectStore: () => ({
        get: (key: string) => {
          const reading: Record<string, unknown> = {}
          void before.then(() => {
            reading['result'] = rows.get(key)
            const listener = this.state === 'unreadable' ? 'onerror' : 'onsuccess'
            ;(reading[listener] as Listener)?.(this.#event)
          })
          return reading
        },
        put: (value: unknown, key: string) => {
          this.log.push('put')
          writes.push([key, value])
        },
      }),
      commit: () => {
        this.log.push('commit')
        setTimeout(() => {
          if (this.state === 'full') transaction['onabort']?.(this.#event)
          else {
            for (const [key, value] of writes) rows.set(key, value)
            transaction['oncomplete']?.(this.#event)
          }
          end()
        })
      },
    })
  }
}

let browser: Browser
beforeEach(() => {
  browser = new Browser()
  browser.install()
})
afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})
const kept = () => browser.stores.get(NAME)?.get(NAME)

test('what a transaction stores, the next one finds, also by another page', async () => {
  const found: unknown[] = []
  for (const text of ['first', 'second'])
    await createDatabase(NAME)((stored) => {
      found.push(stored)
      return text
    })
  expect([found, kept()]).toEqual([[undefined, 'first'], 'second'])
})

test('a text that is the same is not written again', async () => {
  const transact = createDatabase(NAME)
  await transact(() => 'same')
  browser.log = []
  await transact(() => 'same')
  expect(browser.log).toEqual(['readwrite', 'close', 'commit'])
})

test('the connection is closed before the transaction ends, which is committed without waiting', async () => {
  await createDatabase(NAME)(() => 'text')
  expect(browser.log).toEqual(['readwrite', 'close', 'put', 'commit'])
})

test('two pages at once: each sees what the other has stored', async () => {
  const add = (letter: string) =>
    createDatabase(NAME)((stored) => ((stored as string | undefined) ?? '') + letter)
  await Promise.all([add('a'), add('b'), add('c')])
  expect(kept()).toBe('abc')
})

test.each(['blocked', 'unreadable', 'full'] as const)(
  'a database that is %s rejects, and the page hears of no error',
  async (state) => {
    browser.state = state
    const change = vi.fn(() => 'text')
    await expect(createDatabase(NAME)(change)).rejects.toBeUndefined()
    expect(change).toHaveBeenCalledTimes(state === 'full' ? 1 : 0)
    expect([browser.prevented, kept()]).toEqual([1, undefined])
  },
)

test('a page without IndexedDB, or one that refuses it, rejects and does not throw', async () => {
  vi.stubGlobal('indexedDB', undefined)
  await expect(createDatabase(NAME)(() => 'text')).rejects.toThrow(TypeError)
})

test('a database that does not open is given up after 5 s, and changes nothing when it opens later', async () => {
  vi.useFakeTimers()
  browser.state = 'late'
  const change = vi.fn(() => 'text')
  const given = createDatabase(NAME)(change).then(
    () => 'stored',
    () => 'given up',
  )
  await vi.advanceTimersByTimeAsync(4_999)
  expect(await Promise.race([given, 'waits'])).toBe('waits')
  await vi.advanceTimersByTimeAsync(1)
  expect(await given).toBe('given up')
  await vi.advanceTimersByTimeAsync(120_000)
  expect(change).not.toHaveBeenCalled()
  expect(kept()).toBeUndefined()
})
