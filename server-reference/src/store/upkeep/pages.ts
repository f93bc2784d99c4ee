import type { Database } from '../database.js'

/** Runs `each` for every range of a table's pages, in order. Does nothing if there is no such table; ends early if `isEnded`. */
export const forPages = async (
  database: Database,
  schema: 'public' | 'private',
  table: string,
  step: number,
  each: (page: number) => Promise<void>,
  isEnded: () => boolean = () => false,
): Promise<void> => {
  const [row] = await database.query<{ pages: number | null }>(
    'owner',
    'select private.pages($1, $2)::int as pages',
    [schema, table],
  )
  const pages = row?.pages ?? 0
  for (let page = 0; page < pages && !isEnded(); page += step) await each(page)
}
