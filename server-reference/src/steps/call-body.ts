import type { CallEvent } from '@opsmantik/tracker/contract'
import { refuseBody } from './issues.js'
import { readJson } from './json.js'
import { callEventSchema } from './schema.js'
import type { Step } from './step.js'

/** Step 7. JSON, then the schema. */
export const callBody: Step = {
  name: 'JSON and schema',
  section: '5.7',
  run: (context) => {
    const json = readJson(context)
    if ('refused' in json) return json.refused
    const parsed = callEventSchema.safeParse(json.value)
    if (!parsed.success) return refuseBody(context, parsed.error.issues)
    context.event = parsed.data as CallEvent
    return undefined
  },
}
