import type { SyncEvent } from '@opsmantik/tracker/contract'
import type { NewSync } from '../store/store.js'
import { SITE } from './sign.js'

/** Returns a page event of the test's site, with further fields. */
export const newPage = (fields: Partial<SyncEvent> = {}, siteId = SITE.id): NewSync => ({
  siteId,
  event: {
    s: 'x',
    u: 'https://s.example/',
    sid: 's',
    sm: '2025-11-01',
    ec: 'p',
    ea: 'v',
    ...fields,
  },
})
