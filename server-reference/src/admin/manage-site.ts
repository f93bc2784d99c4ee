import { isIPv4, isIPv6 } from 'node:net'
import { parseOrigins } from '../config/parse-origins.js'
import type { Database } from '../store/database.js'
import { CommandError } from './command-error.js'

export const renameSite = async (
  database: Database,
  siteId: string,
  name: string,
): Promise<void> => {
  await database.query('owner', 'update public.sites set name = $2 where id = $1', [siteId, name])
}

/** Removes a site with everything that was recorded for it. */
export const removeSite = async (database: Database, siteId: string): Promise<void> => {
  await database.query('owner', 'delete from public.sites where id = $1', [siteId])
  await database.query('owner', 'delete from public.unmatched_calls where site_id = $1', [siteId])
}

/** Reads an origin as ALLOWED_ORIGINS does: one parser, one idea of what an origin is. */
export const readOrigin = (text: string): string => {
  const { entries, problems } = parseOrigins(text, true)
  const [entry] = entries
  if (problems.length > 0 || entry === undefined || entries.length > 1 || entry.until !== null)
    throw new CommandError(
      problems[0]?.replace(/^ALLOWED_ORIGINS: /, '') ??
        `"${text}" is not one origin; expected such as "https://www.shop.example"`,
    )
  return entry.origin
}

/** Adds an origin, or removes it. Returns the site's origins as they are then. */
export const changeOrigin = async (
  database: Database,
  siteId: string,
  change: 'add' | 'remove',
  origin: string,
): Promise<string[]> => {
  const [row] = await database.query<{ origins: string[] }>(
    'owner',
    `update public.sites set origins = ${
      change === 'add' ? 'array_append(array_remove(origins, $2), $2)' : 'array_remove(origins, $2)'
    } where id = $1 returning origins`,
    [siteId, origin],
  )
  return row!.origins
}

/** Adds a network of the site's own, or removes it. Returns the site's networks as they are then. */
export const changeNetwork = async (
  database: Database,
  siteId: string,
  change: 'add' | 'remove',
  network: string,
): Promise<string[]> => {
  const [address = '', bits, ...rest] = network.split('/')
  const max = isIPv4(address) ? 32 : isIPv6(address) ? 128 : 0
  const isGood = max > 0 && rest.length === 0 && (bits === undefined || /^\d{1,3}$/.test(bits))
  if (!isGood || Number(bits ?? max) > max)
    throw new CommandError(
      `"${network}" is not an address or a network; expected such as 192.0.2.7 or 2001:db8::/48`,
    )
  const [row] = await database.query<{ own: string[] }>(
    'owner',
    `update public.sites set own_addresses = ${
      change === 'add'
        ? 'array_append(array_remove(own_addresses, $2), $2)'
        : 'array_remove(own_addresses, $2)'
    } where id = $1 returning own_addresses::text[] as own`.replaceAll(
      '$2',
      'network(set_masklen($2::inet, $3))',
    ),
    [siteId, address, Number(bits ?? max)],
  )
  return row!.own
}
