import { hash } from 'node:crypto'
import type { CallEvent } from '@opsmantik/tracker/contract'

/** Hex digest of what an event says. How it names its site does not count: the site is part of its key. */
export const contentDigest = (event: CallEvent): string =>
  hash('sha256', JSON.stringify({ ...event, site_id: undefined }))
