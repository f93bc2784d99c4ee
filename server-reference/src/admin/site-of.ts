import { SITE_ID } from '@opsmantik/tracker/contract'
import type { Database } from '../store/database.js'
import { CommandError } from './command-error.js'

/**
 * Returns the UUID of the site that a command names.
 *
 * @throws CommandError if there is no such site
 */
export const siteOf = async (database: Database, identifier: string): Promise<string> => {
  if (!SITE_ID.test(identifier))
    throw new CommandError(`"${identifier}" is neither a UUID nor a public id of 32 hex digits`)
  const [row] = await database.query<{ id: string | null }>(
    'owner',
    'select private.find_site($1) as id',
    [identifier],
  )
  if (row?.id == null) throw new CommandError(`There is no site ${identifier}`)
  return row.id
}
