import { fitting } from './fits.js'
import type { KeyValueStore } from './storage.js'
import { uuid } from './uuid.js'

/** Returns the UUID under a key, creating it if there is none. Writes it back on every call to renew it. */
export const keepId = (store: KeyValueStore, key: string): string => {
  const id = (store.load(key) as string | undefined) || uuid()
  store.save(key, id)
  return id
}

/**
 * Returns the ad click ids that this browser session came with, the newest ad click's only. Half a click id is worth
 * nothing, so one that does not fit the contract is left out, and `omit` is called with it.
 */
export const clickIds = (
  session: KeyValueStore,
  omit: (name: string, given: unknown) => undefined,
): object => {
  const ids: Record<string, string> = {}
  for (const [name, id] of new URLSearchParams(location.search))
    if (/^([gw]braid|gclid)$/.test(name))
      if (fitting(id)) {
        ids[name] = id
        session.save('ad', ids)
      } else omit(name, id)
  return session.load('ad') as object
}
