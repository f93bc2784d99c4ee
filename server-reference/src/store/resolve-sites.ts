import type { Database } from './database.js'

const RESOLVE = `
select public.resolve_site_identifier_v1(asked.identifier) as site_id
from json_array_elements_text($1::json) with ordinality as asked (identifier, ord)
order by asked.ord`

/** Returns the UUID of each identifier's site, or null. */
export const resolveSites = async (
  database: Database,
  identifiers: readonly string[],
): Promise<(string | null)[]> => {
  const rows = await database.batch<{ site_id: string | null }>('anon', RESOLVE, identifiers)
  return rows.map((row) => row.site_id)
}
