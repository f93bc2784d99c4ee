import { keepId } from './identity.js'
import type { KeyValueStore } from './storage.js'
import { timeOf } from './time-of.js'
import { uuid } from './uuid.js'

/**
 * Returns the page view as it travels (contract section 10). The session is the tab's: its id is a UUID version 7, whose
 * time says in which month it began.
 *
 * @param drops how many events the tracker had to drop, by reason, since it could last say so
 */
export const makeView = (
  siteId: string,
  fingerprint: string,
  session: KeyValueStore,
  url: string,
  referrer: string,
  drops: unknown,
): string => {
  const sid = keepId(session, 'sid')
  return JSON.stringify({
    s: siteId,
    u: url,
    sid,
    sm: new Date(timeOf(sid)).toISOString().slice(0, 8) + '01',
    ec: 'page',
    ea: 'view',
    r: referrer,
    meta: { fp: fingerprint, drops },
    event_id: uuid(),
  })
}
