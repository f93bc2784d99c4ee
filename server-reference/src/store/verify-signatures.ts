import type { Database } from './database.js'
import type { SignatureClaim } from './store.js'

/** One row for all claims: a row for each costs the driver more than its value. */
const VERIFY = `
select json_agg(verified.site_id order by verified.ord) as site_ids
from public.verify_call_event_signatures_v1($1::json) with ordinality as verified (site_id, ord)`

/** Returns the site that signed, or null, for each claim. */
export const verifySignatures = async (
  database: Database,
  claims: readonly SignatureClaim[],
): Promise<(string | null)[]> => {
  const [row] = await database.batch<{ site_ids: (string | null)[] }>('anon', VERIFY, claims)
  return row!.site_ids
}
