import { createHash, randomBytes } from 'node:crypto'
import type { Database } from '../store/database.js'
import { CommandError } from './command-error.js'

export interface ListedToken {
  id: string
  name: string | null
  /** Days in UTC, YYYY-MM-DD; null: it does not expire. */
  created: string
  expires: string | null
  has_expired: boolean
}

/** Returns 256 random bits, in characters that a WebSocket subprotocol and a URL fragment allow. */
const makeToken = (): string => `ops_${randomBytes(32).toString('base64url')}`

/**
 * Creates a token that opens one site. Only its SHA-256 is stored.
 *
 * @param expires the last day on which it opens the site, YYYY-MM-DD in UTC; null: it does not expire
 */
export const addToken = async (
  database: Database,
  siteId: string,
  name: string | null,
  expires: string | null,
): Promise<{ id: string; token: string }> => {
  const token = makeToken()
  const [row] = await database.query<{ id: string }>(
    'owner',
    `insert into private.site_tokens (site_id, digest, name, expires_at) values ($1, $2, $3, $4) returning id`,
    [siteId, createHash('sha256').update(token).digest(), name, expires && endOf(expires)],
  )
  return { id: row!.id, token }
}

const DAY_MS = 86_400_000

/** Returns the moment after the day. */
const endOf = (day: string): string => {
  const start = /^\d{4}-\d\d-\d\d$/.test(day) ? Date.parse(day) : NaN
  if (Number.isNaN(start) || !new Date(start).toISOString().startsWith(day))
    throw new CommandError(`--expires: "${day}" is not a day; expected such as 2027-12-31`)
  if (start + DAY_MS <= Date.now()) throw new CommandError(`--expires: ${day} has passed`)
  return new Date(start + DAY_MS).toISOString()
}

export const listTokens = (database: Database, siteId: string): Promise<ListedToken[]> =>
  database.query<ListedToken>(
    'owner',
    `select id, name, to_char(created_at at time zone 'UTC', 'YYYY-MM-DD') as created,
      to_char((expires_at - interval '1 day') at time zone 'UTC', 'YYYY-MM-DD') as expires,
      coalesce(expires_at <= now(), false) as has_expired
    from private.site_tokens where site_id = $1 order by created_at, id`,
    [siteId],
  )

/** Makes a token open nothing any more: from the next request on, and an open feed is closed within seconds. */
export const revokeToken = async (
  database: Database,
  siteId: string,
  id: string,
): Promise<void> => {
  const rows = await database.query(
    'owner',
    'delete from private.site_tokens where site_id = $1 and id::text = $2 returning id',
    [siteId, id],
  )
  if (rows.length === 0)
    throw new CommandError(`There is no token ${id} of this site; "site token list" has their ids`)
}
