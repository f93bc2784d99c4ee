import { canonicalSiteId, SITE_ID } from '../contract/identifiers.js'

/** Returns every site that a body names: a sync batch names one in each event. */
const sitesIn = (body: Record<string, unknown>): unknown[] => {
  if ('site_id' in body) return [body['site_id']]
  const { events } = body
  return Array.isArray(events) ? events.map((event: unknown) => Object(event).s) : [body['s']]
}

/**
 * Returns the one site that a body names, as written there, or undefined if it names none, several, or a site other
 * than the proxy's own.
 */
export const siteOf = (
  body: Record<string, unknown>,
  own: string | undefined,
): string | undefined => {
  const sites = sitesIn(body)
  const [site] = sites
  if (typeof site !== 'string' || !SITE_ID.test(site)) return undefined
  const wanted = canonicalSiteId(own ?? site)
  return sites.every((other) => typeof other === 'string' && canonicalSiteId(other) === wanted)
    ? site
    : undefined
}
