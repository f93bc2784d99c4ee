import { canonicalSiteId, SECRET_MIN_LENGTH, SITE_ID } from '@opsmantik/tracker/contract'

/** A site that is created at start if it is absent (docs/reference-server.md). */
export interface Seed {
  /** 32 hex digits in lower case: the public id, or the UUID without dashes. */
  hex: string
  /** Written with dashes: the id is the site's UUID. Without: its public id. */
  isUuid: boolean
  secret: string
}

/** Reads SEED_SITES. A message shows an id, never a secret nor what may be one. */
export const parseSeeds = (list: string): { seeds: Seed[]; problems: string[] } => {
  const seeds: Seed[] = []
  const problems: string[] = []
  list.split(',').forEach((raw, index) => {
    const entry = raw.trim()
    if (entry === '') return
    const where = `SEED_SITES: entry ${index + 1}`
    const colon = entry.indexOf(':')
    const id = entry.slice(0, colon)
    const secret = entry.slice(colon + 1)
    if (colon < 1 || !SITE_ID.test(id))
      problems.push(
        `${where} does not begin with a public id (32 hex digits) or a UUID and a colon; expected <public id or UUID>:<secret>`,
      )
    else if ([...secret].length < SECRET_MIN_LENGTH)
      problems.push(
        `${where} (${id}) has a secret of ${[...secret].length} characters; expected at least ${SECRET_MIN_LENGTH}`,
      )
    else seeds.push({ hex: canonicalSiteId(id), isUuid: id.includes('-'), secret })
  })
  return { seeds, problems }
}
