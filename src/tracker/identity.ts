import { hex } from './hex.js'
import type { Store } from './storage.js'

/** A random UUID (RFC 9562, version 4). `crypto.randomUUID` does not exist on http pages; `getRandomValues` does. */
export const uuid = (): string =>
  hex(crypto.getRandomValues(new Uint8Array(16))).replace(
    /(.{8})(.{4}).(...).(...)/,
    '$1-$2-4$3-a$4-',
  )

/** What the store has under a key, made where it has nothing. Written each time, so that it outlives the page. */
export const keep = <T>(store: Store, key: string, make: () => T): T => {
  const value = store.load<T>(key) || make()
  store.save(key, value)
  return value
}

/** The session, which is the tab's: a random id, and the month it began in (contract section 10). */
export const newSession = (): [sid: string, sm: string] => [
  uuid(),
  new Date().toISOString().slice(0, 8) + '01',
]

/**
 * The ad click ids that this browser session came with, the newest ad click's only. Half a click id is worth nothing,
 * so one that does not fit the contract's 256 characters is left out.
 */
export const clickIds = (session: Store): Record<string, string> => {
  const found = location.search.match(/[?&](gclid|wbraid|gbraid)=[^&]{1,256}(?=&|$)/g)
  const ids = found ? found.join('') : session.load<string>('ad') || ''
  if (ids) session.save('ad', ids)
  return Object.fromEntries(new URLSearchParams(ids))
}
