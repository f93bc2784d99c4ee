import type { Database } from './database.js'
import type { SignatureClaim } from './store.js'

const VERIFY = 'select site_id from public.verify_call_event_signatures_v1($1::json) as site_id'

/** The site that signed, or null, for each claim. */
export const verifySignatures = async (
  database: Database,
  claims: readonly SignatureClaim[],
): Promise<(string | null)[]> => {
  const rows = await database.batch<{ site_id: string | null }>('anon', VERIFY, claims)
  return rows.map((row) => row.site_id)
}
