import type { Database } from './database.js'
import { migrate } from './migrate.js'
import { openPostgres } from './postgres-database.js'

/** Postgres cannot be used as configured: said in a sentence, without the URL, which has a password in it. */
export class DatabaseUnusable extends Error {
  constructor(url: string, cause: unknown) {
    const { hostname, port, pathname } = new URL(url)
    const reason = cause instanceof AggregateError ? cause.errors[0] : cause
    super(
      `DATABASE_URL: ${hostname}:${port || 5432}${pathname} cannot be used: ${reason instanceof Error ? reason.message : String(reason)}`,
      { cause },
    )
    this.name = 'DatabaseUnusable'
  }
}

/** Opens the Postgres of DATABASE_URL with its tables, ready for statements. */
export const openServerDatabase = async (
  url: string,
  onError: (error: Error) => void = () => {},
): Promise<Database> => {
  const database = openPostgres(url, onError)
  try {
    await migrate(database)
    await database.query('anon', 'select 1')
    return database
  } catch (error) {
    await database.close()
    throw new DatabaseUnusable(url, error)
  }
}
