import { PGlite } from '@electric-sql/pglite'
import { pgcrypto } from '@electric-sql/pglite/contrib/pgcrypto'
import { batchJson } from './batch-json.js'
import type { Database, Role } from './database.js'
import { SyncedNodeFs, syncedStartParams } from './synced-node-fs.js'

/**
 * Opens the embedded database. A commit is on the disk before it is acknowledged.
 *
 * @param folder folder of the files; null keeps everything in memory
 * @param createFs creates the file system of that folder. Default: one that syncs
 */
export const openPglite = async (
  folder: string | null,
  createFs: (folder: string) => SyncedNodeFs = (path) => new SyncedNodeFs(path),
): Promise<Database> => {
  const pglite = await PGlite.create(
    folder === null
      ? { dataDir: 'memory://', extensions: { pgcrypto } }
      : {
          fs: createFs(folder),
          extensions: { pgcrypto },
          startParams: syncedStartParams(PGlite.defaultStartParams),
        },
  )
  /** Null: not known, because a failed text may have taken its `set role` back. */
  let role: Role | null = 'owner'
  let last: Promise<unknown> = Promise.resolve()
  const prepared = new Map<string, string>()

  /**
   * Runs `work` alone: all requests share one session, so a role and the statement that runs as it must not be
   * separated.
   */
  const alone = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work)
    last = turn.catch(() => {})
    return turn
  }
  const become = (as: Role): string => {
    if (role === as) return ''
    role = null
    return as === 'owner' ? 'reset role;' : `set role ${as};`
  }
  /** Several statements without parameters; the last one's rows. */
  const execute = async <Row>(as: Role, sql: string): Promise<Row[]> => {
    const results = await pglite.exec(become(as) + sql)
    role = as
    return (results.at(-1)?.rows ?? []) as Row[]
  }
  /** `prepare` belongs to the session, not to the role; what it may do is looked at when it runs. */
  const nameOf = async (sql: string): Promise<string> => {
    const known = prepared.get(sql)
    if (known !== undefined) return known
    const name = `opsmantik_${prepared.size}`
    await pglite.exec(`prepare ${name} (json) as ${sql}`)
    prepared.set(sql, name)
    return name
  }
  return {
    query: <Row>(as: Role, sql: string, params: readonly unknown[] = []) =>
      alone(async () => {
        if (role !== as) await execute(as, 'select')
        return (await pglite.query<Row>(sql, [...params])).rows
      }),
    // As one text with a literal in it, because PGlite plans each of its parametrised queries anew: half of the time.
    batch: <Row>(as: Role, sql: string, items: readonly unknown[] | string) =>
      alone(async () => {
        const name = await nameOf(sql)
        return execute<Row>(as, `execute ${name}(${literal(batchJson(items))})`)
      }),
    script: (sql) =>
      alone(async () => {
        if (role !== 'owner') await execute('owner', 'select')
        await pglite.transaction((transaction) => transaction.exec(sql))
      }),
    close: async () => {
      await last
      await pglite.close()
    },
  }
}

/** Backslashes mean nothing in it (standard_conforming_strings, on since Postgres 9.1), and JSON has no NUL. */
const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`
