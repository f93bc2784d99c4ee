import type { Database } from '../database.js'
import { PARTITIONED } from './partitioned.js'

/** Creates the months that are missing up to two after this one. Returns how many it created. */
export const createMonths = async (database: Database): Promise<number> => {
  let created = 0
  for (const table of PARTITIONED) {
    const [row] = await database.query<{ created: number }>(
      'owner',
      'select private.create_months($1) as created',
      [table],
    )
    created += row!.created
  }
  return created
}
