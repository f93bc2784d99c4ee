/* oxlint-disable unicorn/prefer-add-event-listener -- a request of IndexedDB has one listener, and this is half as long */
import type { Entry } from './outbox.js'

/**
 * Reads what is stored and changes it, in one transaction that no other tab can be in at the same time.
 *
 * @param change called with what is stored, whatever that is; it must not wait for anything
 * @returns whether the changes are on their way to the disk; never rejects
 */
export type Transact = (
  change: (stored: Entry[], put: (entry: Entry) => void, remove: (id: string) => void) => void,
) => Promise<boolean>

/** After this a database that does not respond counts as broken: some versions of WebKit never open one. */
const PATIENCE_MS = 5_000

/**
 * Creates the way to a site's database, the outbox that survives a killed browser. It is opened for each transaction and
 * closed at once: an open connection can keep a page out of the back/forward cache.
 */
export const createDatabase =
  (name: string): Transact =>
  (change) =>
    new Promise((resolve) => {
      let isOver = false
      const finish = (event?: Event): void => {
        isOver = true
        clearTimeout(timer)
        // An error that nobody prevents reaches the page's `window.onerror` in Firefox.
        event?.preventDefault()
        resolve(false)
      }
      const timer = setTimeout(() => finish(), PATIENCE_MS)
      try {
        const opening = indexedDB.open(name)
        opening.onerror = finish
        opening.onupgradeneeded = () =>
          opening.result.createObjectStore('events', { keyPath: 'id' })
        opening.onsuccess = () => {
          const { result } = opening
          try {
            const transaction = result.transaction('events', 'readwrite')
            const store = transaction.objectStore('events')
            transaction.onerror = transaction.onabort = finish
            transaction.oncomplete = () => {
              clearTimeout(timer)
              resolve(true)
            }
            const reading = store.getAll()
            reading.onsuccess = () => {
              try {
                if (isOver) return transaction.abort()
                change(
                  reading.result,
                  (entry) => store.put(entry),
                  (id) => store.delete(id),
                )
                // What is asked for now is written even if the page goes away.
                transaction.commit()
              } catch {
                finish()
              }
            }
          } catch {
            finish()
          }
          result.close()
        }
      } catch {
        finish()
      }
    })
