import { canonicalSiteId } from '@opsmantik/tracker/contract'
import type { Memory } from './memory-store.js'
import type { Reading } from './reading.js'
import { SIGHTINGS_KEPT, type Sighting } from './sighting.js'

/** Keeps what was seen of sites, as the database does. */
export const createMemorySightings = ({
  sites,
  sightings,
}: Pick<Memory, 'sites' | 'sightings'>): Pick<Reading, 'addSightings' | 'readSightings'> => {
  const siteOf = (claimed: string | null, siteId: string | null): string | null =>
    sites.find(({ id }) => claimed !== null && canonicalSiteId(id) === claimed)?.id ??
    sites.find(({ publicId }) => publicId === claimed)?.id ??
    siteId ??
    (sites.length === 1 ? sites[0]!.id : null)
  const keyOf = (one: Sighting): string =>
    JSON.stringify([
      one.siteId,
      one.kind,
      one.endpoint,
      one.code,
      one.origin,
      one.proxyHost,
      one.isVerified,
    ])
  return {
    addSightings: async (seen) => {
      for (const { claimed, siteId, ...rest } of seen) {
        const sighting = { ...rest, siteId: siteOf(claimed, siteId) }
        const known = sightings.find((one) => keyOf(one) === keyOf(sighting))
        if (known === undefined) sightings.push(sighting)
        else Object.assign(known, { count: known.count + rest.count, lastAt: rest.lastAt })
        const alike = sightings
          .filter((one) => one.siteId === sighting.siteId && one.kind === sighting.kind)
          .toSorted((a, b) => b.lastAt - a.lastAt)
        for (const old of alike.slice(SIGHTINGS_KEPT)) sightings.splice(sightings.indexOf(old), 1)
      }
    },
    readSightings: async (siteId) =>
      sightings
        .filter((one) => one.siteId === siteId)
        .toSorted((a, b) => b.lastAt - a.lastAt)
        .map((one) => ({ ...one })),
  }
}
