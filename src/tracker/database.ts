import { within } from './within.js'

/**
 * Reads the text that is stored and replaces it, in one transaction that no other tab can be in at the same time.
 *
 * @param change called with the stored value, which may be anything, and returns the text to store; it must be
 *   synchronous
 * @returns settles once the text is on its way to the disk; rejects if it is not
 */
export type Transact = (change: (stored: unknown) => string) => Promise<unknown>

/** Milliseconds after which a database that does not respond counts as broken: some versions of WebKit never open one. */
const PATIENCE_MS = 5_000

/** Settles with the first event of a request or a transaction; each has two of these listeners. */
const settled = (target: object): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const listeners = target as Record<string, unknown>
    listeners['onsuccess'] = listeners['oncomplete'] = resolve
    listeners['onerror'] = listeners['onabort'] = (event: Event) =>
      // Firefox reports an error that is not prevented to the page's `window.onerror`.
      reject(event.preventDefault())
  })

/**
 * Creates the access to a site's database, the outbox that survives a killed browser. It is opened for each transaction
 * and closed immediately: an open connection can keep a page out of the back/forward cache.
 */
export const createDatabase =
  (name: string): Transact =>
  (change) =>
    within(
      PATIENCE_MS,
      (async () => {
        const opening = indexedDB.open(name)
        opening.onupgradeneeded = () => opening.result.createObjectStore(name)
        await settled(opening)
        const database = opening.result
        const transaction = database.transaction(name, 'readwrite')
        database.close()
        const rows = transaction.objectStore(name)
        const reading = rows.get(name)
        await settled(reading)
        const text = change(reading.result)
        if (text !== reading.result) rows.put(text, name)
        // Committed explicitly, so that the text is written even if the page goes away.
        transaction.commit()
        await settled(transaction)
      })(),
      // A database that opens later must not change anything.
      () => (change = undefined as never),
    )
