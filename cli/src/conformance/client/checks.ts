import type { Check } from '../check.js'
import type { Client } from './client.js'
import { events } from './events.js'
import { outcomes } from './outcomes.js'
import { pages } from './pages.js'

/** Every check of a client. */
export const clientChecks: readonly Check<Client>[] = [...outcomes, ...events, ...pages]
