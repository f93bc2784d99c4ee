import { SITE_ID } from '../contract/identifiers.js'
import { fits } from './fits.js'
import type { Store } from './storage.js'
import { uuid } from './uuid.js'

/** Returns the UUID under a key, creating it if there is none. Writes it back on every call to renew it. */
export const keepId = (store: Store, key: string): string => {
  const kept = store.load(key)!
  const id = SITE_ID.test(kept) ? kept : uuid()
  store.save(key, id)
  return id
}

/**
 * Returns the ad click ids that this browser session came with, the newest ad click's only. Half a click id is worth
 * nothing, so one that does not fit the contract is left out.
 */
export const clickIds = (session: Store): Record<string, string> => {
  const search = /[?&][gw]b?(raid|clid)=/.test(location.search)
    ? location.search
    : session.load('ad') || ''
  const all = new URLSearchParams(search)
  const ids: Record<string, string> = {}
  for (const name of ['gclid', 'wbraid', 'gbraid']) {
    const id = all.get(name)
    if (fits(id)) ids[name] = id
  }
  const found = '' + new URLSearchParams(ids)
  if (found) session.save('ad', found)
  return ids
}
