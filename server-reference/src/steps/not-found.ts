import { refuse } from '../http/refuse.js'
import type { Step } from './step.js'

/** Step 1 for a path that does not exist. */
export const notFound: Step = {
  name: 'Method and path',
  section: '1',
  run: (context) => refuse(context, 'NOT_FOUND'),
}
