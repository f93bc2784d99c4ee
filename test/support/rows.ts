import { PGlite } from '@electric-sql/pglite'
import { pgcrypto } from '@electric-sql/pglite/contrib/pgcrypto'

/** A recorded call event, as far as the tests look at it. */
export interface Row {
  event_id: string
  intent_action: string
  intent_target: string
}

/** Reads the recorded calls from the folder of a server that has been stopped. */
export const readRows = async (folder: string): Promise<Row[]> => {
  const db = await PGlite.create(folder, { extensions: { pgcrypto } })
  const { rows } = await db.query<Row>(
    'select event_id::text, intent_action, intent_target from public.calls order by created_at',
  )
  await db.close()
  return rows
}
