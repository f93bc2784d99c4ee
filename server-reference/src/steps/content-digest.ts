import type { CallEvent } from '@opsmantik/tracker/contract'

/** Hex digest of an event's content. How it names its site does not count: the site is part of its key. */
export const contentDigest = (event: CallEvent, sha256: (text: string) => string): string =>
  sha256(JSON.stringify({ ...event, site_id: undefined }))
