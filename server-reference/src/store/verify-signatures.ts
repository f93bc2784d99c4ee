import type { Database } from './database.js'
import type { SignatureClaim } from './store.js'

const VERIFY = `
select case when verified.ok then public.resolve_site_identifier_v1(claim.site) end as site_id
from rows from (
  json_to_recordset($1::json) as (site text, ts text, body text, signature text)
) with ordinality as claim (site, ts, body, signature, ord)
cross join lateral (
  select public.verify_call_event_signature_text_v1(claim.site, claim.ts, claim.body, claim.signature) as ok
  offset 0 -- keeps the planner from calling it twice
) verified
order by claim.ord`

/** The site that signed, or null, for each claim. */
export const verifySignatures = async (
  database: Database,
  claims: readonly SignatureClaim[],
): Promise<(string | null)[]> => {
  const rows = await database.query<{ site_id: string | null }>('anon', VERIFY, [
    JSON.stringify(claims),
  ])
  return rows.map((row) => row.site_id)
}
