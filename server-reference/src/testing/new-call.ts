import { randomUUID } from 'node:crypto'
import type { CallEvent } from '@opsmantik/tracker/contract'
import type { NewCall } from '../store/store.js'
import { SITE } from './sign.js'

/** Returns a call of the test's site that no other test has, with further fields. */
export const newCall = (fields: Partial<CallEvent> = {}, rest: Partial<NewCall> = {}): NewCall => ({
  siteId: SITE.id,
  endpoint: '/api/call-event/v2',
  event: { site_id: SITE.publicId, fingerprint: 'v', event_id: randomUUID(), ...fields },
  replayKey: null,
  digest: 'aa'.repeat(32),
  ...rest,
})
