/* oxlint-disable unicorn/prefer-add-event-listener -- a request of IndexedDB has one listener, and this is half as long */
import type { Entry } from './outbox.js'
import { quietly } from './quietly.js'

/** What a transaction can do with the entries that are stored. */
export interface Rows {
  put(entry: Entry): unknown
  delete(id: string): unknown
}

/**
 * Reads what is stored and changes it, in one transaction that no other tab can be in at the same time.
 *
 * @param change called with what is stored, whatever that is; it must not wait for anything
 * @returns settles once the changes are on their way to the disk; rejects if they are not
 */
export type Transact = (change: (stored: Entry[], rows: Rows) => void) => Promise<unknown>

/** After this a database that does not respond counts as broken: some versions of WebKit never open one. */
const PATIENCE_MS = 5_000

/**
 * Creates the way to a site's database, the outbox that survives a killed browser. It is opened for each transaction and
 * closed at once: an open connection can keep a page out of the back/forward cache.
 */
export const createDatabase =
  (name: string): Transact =>
  (change) =>
    new Promise((resolve, reject) => {
      const fail = (event: Event): void => {
        // Firefox tells the page's `window.onerror` of one that nobody prevents.
        event.preventDefault()
        reject()
      }
      const opening = indexedDB.open(name)
      setTimeout(() => {
        // What comes later must change nothing any more.
        change = reject
        reject()
      }, PATIENCE_MS)
      opening.onerror = fail
      opening.onupgradeneeded = () => opening.result.createObjectStore('events', { keyPath: 'id' })
      // An error of a listener would reach the page. One that is lost here ends with our patience.
      opening.onsuccess = () =>
        quietly(() => {
          const { result } = opening
          const transaction = result.transaction('events', 'readwrite')
          result.close()
          transaction.onerror = transaction.onabort = fail
          const rows = transaction.objectStore('events')
          const reading = rows.getAll()
          reading.onsuccess = () =>
            quietly(() => {
              change(reading.result, rows)
              // What is asked for now is written even if the page goes away.
              transaction.commit()
              transaction.oncomplete = resolve
            })
        })
    })
