import type { SyncEvent } from '@opsmantik/tracker/contract'
import { refuseBody } from './issues.js'
import { readJson } from './json.js'
import { syncBatchSchema, syncEventSchema } from './schema.js'
import type { Step } from './step.js'

/** Step 7 of sync: one event, or `{"events": […]}`. */
export const syncBody: Step = {
  name: 'JSON and schema',
  section: '5.7',
  run: (context) => {
    const json = readJson(context)
    if ('refused' in json) return json.refused
    const { value } = json
    if (typeof value === 'object' && value !== null && Object.hasOwn(value, 'events')) {
      const parsed = syncBatchSchema.safeParse(value)
      if (!parsed.success) return refuseBody(context, parsed.error.issues)
      context.syncEvents = parsed.data.events as SyncEvent[]
      context.isBatch = true
    } else {
      const parsed = syncEventSchema.safeParse(value)
      if (!parsed.success) return refuseBody(context, parsed.error.issues)
      context.syncEvents = [parsed.data as SyncEvent]
    }
    return undefined
  },
  note: ({ syncEvents }) =>
    syncEvents && `${syncEvents.length} event${syncEvents.length > 1 ? 's' : ''}`,
}
