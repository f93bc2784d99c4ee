import type { CallEvent } from '@opsmantik/tracker/contract'
import type { Step } from '../env.js'
import { refuseBody } from './issues.js'
import { readJson } from './json.js'
import { callEventSchema } from './schema.js'

/** Step 7. JSON, then the schema. */
export const callBody: Step = (c) => {
  const json = readJson(c)
  if (json instanceof Response) return json
  const parsed = callEventSchema.safeParse(json.value)
  if (!parsed.success) return refuseBody(c, parsed.error.issues)
  c.set('event', parsed.data as CallEvent)
  return undefined
}
