import type { Step } from '../../../server-reference/src/env.js'
import { refuse } from '../../../server-reference/src/http/refuse.js'

/** In place of the live console's page, which is read from files. The kit never shows it. */
export const consolePage = (): Step => (c) => refuse(c, 'NOT_FOUND')
