import { randomBytes, randomUUID } from 'node:crypto'
import type { Seed } from '../config/seeds.js'
import type { Database } from '../store/database.js'
import { CommandError } from './command-error.js'
import { siteOf } from './site-of.js'

export interface Site {
  id: string
  public_id: string
  name: string | null
}

export interface ListedSite extends Site {
  has_next_secret: boolean
  origins: string[]
  calls: number
}

/** Returns 256 random bits, in characters that are safe in every shell, env file and WordPress setting. */
const makeSecret = (): string => randomBytes(32).toString('base64url')

const INSERT = `
with site as (
  insert into public.sites (id, public_id, name, origins) values ($1, $2, $3, $5)
  on conflict do nothing returning id, public_id, name
), secret as (
  insert into private.site_secrets (site_id, current_secret) select id, $4 from site
)
select id, public_id, name from site`

/** Creates a site. Returns its secret, which is shown only this once. */
export const addSite = async (
  database: Database,
  name: string | null,
  publicId: string | null,
  origins: readonly string[] = [],
): Promise<{ site: Site; secret: string }> => {
  if (publicId !== null && !/^[\da-f]{32}$/i.test(publicId))
    throw new CommandError(`--public-id: "${publicId}" is not 32 hex digits`)
  const secret = makeSecret()
  const [site] = await database.query<Site>('owner', INSERT, [
    randomUUID(),
    publicId?.toLowerCase() ?? randomBytes(16).toString('hex'),
    name,
    secret,
    [...new Set(origins)],
  ])
  if (site === undefined)
    throw new CommandError(`There is a site with public id ${publicId} already`)
  return { site, secret }
}

export const listSites = (database: Database): Promise<ListedSite[]> =>
  database.query<ListedSite>(
    'owner',
    `select site.id, site.public_id, site.name, site.origins, secret.next_secret is not null as has_next_secret,
      (select count(*)::int from public.calls call where call.site_id = site.id) as calls
    from public.sites site left join private.site_secrets secret on secret.site_id = site.id
    order by site.created_at, site.id`,
  )

/** Gives a site its next secret. Signatures under either hold until it is promoted. */
export const rotateSecret = async (
  database: Database,
  identifier: string,
  replace: boolean,
): Promise<string> => {
  const siteId = await siteOf(database, identifier)
  const secret = makeSecret()
  const rows = await database.query(
    'owner',
    `update private.site_secrets set next_secret = $2, updated_at = now()
    where site_id = $1 and (next_secret is null or $3) returning site_id`,
    [siteId, secret, replace],
  )
  if (rows.length === 0)
    throw new CommandError(
      `${identifier} has a next secret already. Promote it with "secret promote ${identifier}", or replace it with --replace: whoever signs with it is then refused.`,
    )
  return secret
}

/** Makes the next secret the current one. Signatures under the old one fail from now on. */
export const promoteSecret = async (database: Database, identifier: string): Promise<void> => {
  const rows = await database.query(
    'owner',
    `update private.site_secrets set current_secret = next_secret, next_secret = null, updated_at = now()
    where site_id = $1 and next_secret is not null returning site_id`,
    [await siteOf(database, identifier)],
  )
  if (rows.length === 0)
    throw new CommandError(
      `${identifier} has no next secret. Make one with "secret rotate ${identifier}".`,
    )
}

/** Creates the sites of SEED_SITES that are absent. Says which exist with another secret: theirs stays. */
export const seedSites = async (
  database: Database,
  seeds: readonly Seed[],
): Promise<{ keptOther: string[] }> => {
  const keptOther: string[] = []
  for (const { hex, isUuid, secret } of seeds) {
    const made = await database.query('owner', INSERT, [
      isUuid ? hex : randomUUID(),
      isUuid ? randomBytes(16).toString('hex') : hex,
      'seed',
      secret,
      [],
    ])
    if (made.length > 0) continue
    const [row] = await database.query<{ same: boolean }>(
      'owner',
      `select $2 in (current_secret, next_secret) is true as same from private.site_secrets
      where site_id = private.find_site($1)`,
      [hex, secret],
    )
    if (row?.same !== true) keptOther.push(hex)
  }
  return { keptOther }
}
