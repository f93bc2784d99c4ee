import type { SyncEvent } from '@opsmantik/tracker/contract'
import type { Step } from '../env.js'
import { refuseBody } from './issues.js'
import { readJson } from './json.js'
import { syncBatchSchema, syncEventSchema } from './schema.js'

/** Step 7 of sync: one event, or `{"events": […]}`. */
export const syncBody: Step = (c) => {
  const json = readJson(c)
  if (json instanceof Response) return json
  const { value } = json
  if (typeof value === 'object' && value !== null && Object.hasOwn(value, 'events')) {
    const parsed = syncBatchSchema.safeParse(value)
    if (!parsed.success) return refuseBody(c, parsed.error.issues)
    c.set('syncEvents', parsed.data.events as SyncEvent[])
  } else {
    const parsed = syncEventSchema.safeParse(value)
    if (!parsed.success) return refuseBody(c, parsed.error.issues)
    c.set('syncEvents', [parsed.data as SyncEvent])
  }
  return undefined
}
