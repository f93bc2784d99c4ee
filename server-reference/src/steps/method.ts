import { refuse } from '../http/refuse.js'
import type { Step } from './step.js'

/** Creates step 1 for a method that the path does not allow. */
export const methodNotAllowed = (allow: string, section: string): Step => ({
  name: 'Method and path',
  section,
  run: (context) => refuse(context, 'METHOD_NOT_ALLOWED', {}, { Allow: allow }),
})
