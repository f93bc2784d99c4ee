import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { PACKAGE_ROOT } from '../package-root.js'
import type { Database } from './database.js'
import { isTransition } from './sql-errors.js'

const SQL_FOLDER = new URL('sql/', PACKAGE_ROOT)

/**
 * Keeps two servers that start together from altering the same table at once; held to the end of a script. A statement
 * that waits for a table's lock blocks all later ones, so it must not wait long: a `pg_dump` may read the table for an
 * hour.
 */
const LOCK = `set local lock_timeout = '2s'; select pg_advisory_xact_lock(hashtext('opsmantik migrations'));`
const LOCK_TRIES = 30
const LOCK_PAUSE_MS = 500

/** Applies the files of sql/ in order, each once for each edition of it. They may be applied again without harm. */
export const migrate = async (database: Database): Promise<void> => {
  const digests = await appliedDigests(database)
  const files = (await readdir(SQL_FOLDER)).filter((name) => name.endsWith('.sql')).toSorted()
  for (const name of files) {
    const sql = await readFile(new URL(name, SQL_FOLDER), 'utf8')
    const digest = createHash('sha256').update(sql).digest('hex')
    if (digests.get(name) === digest) continue
    await apply(
      database,
      `${LOCK}
      ${sql}
      insert into private.migrations (name, digest) values ('${name}', '${digest}')
      on conflict (name) do update set digest = excluded.digest, applied_at = now();`,
    )
  }
}

const apply = async (database: Database, script: string): Promise<void> => {
  for (let tries = 1; ; tries++)
    try {
      return await database.script(script)
    } catch (error) {
      if (tries === LOCK_TRIES || !isTransition(error)) throw error
      await new Promise((resolve) => setTimeout(resolve, LOCK_PAUSE_MS))
    }
}

/** Asked first, so that a login that may not create anything can start on a database that has it all. */
const appliedDigests = async (database: Database): Promise<Map<string, string>> => {
  const [table] = await database.query<{ found: boolean }>(
    'owner',
    "select to_regclass('private.migrations') is not null as found",
  )
  if (table?.found !== true)
    await apply(
      database,
      `${LOCK}
      create schema if not exists private;
      create table if not exists private.migrations (
        name text primary key, digest text not null, applied_at timestamptz not null default now());`,
    )
  const rows = await database.query<{ name: string; digest: string }>(
    'owner',
    'select name, digest from private.migrations',
  )
  return new Map(rows.map(({ name, digest }) => [name, digest]))
}
