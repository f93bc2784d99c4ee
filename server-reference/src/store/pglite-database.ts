import { PGlite } from '@electric-sql/pglite'
import { pgcrypto } from '@electric-sql/pglite/contrib/pgcrypto'
import type { Database, Role } from './database.js'

/** The embedded database. `folder` null keeps everything in memory. */
export const openPglite = async (folder: string | null): Promise<Database> => {
  const pglite = await PGlite.create({
    dataDir: folder === null ? 'memory://' : folder,
    extensions: { pgcrypto },
  })
  let role: Role = 'owner'
  let last: Promise<unknown> = Promise.resolve()

  /** One session serves everybody, so a role and the statement that runs as it must not be torn apart. */
  const alone = <T>(as: Role, work: () => Promise<T>): Promise<T> => {
    const turn = last.then(async () => {
      if (role !== as) {
        await pglite.exec(as === 'owner' ? 'reset role' : `set role ${as}`)
        role = as
      }
      return work()
    })
    last = turn.catch(() => {})
    return turn
  }
  return {
    query: <Row>(as: Role, sql: string, params: readonly unknown[] = []) =>
      alone(as, async () => (await pglite.query<Row>(sql, [...params])).rows),
    script: (sql) =>
      alone('owner', async () => {
        await pglite.transaction((transaction) => transaction.exec(sql))
      }),
    close: async () => {
      await last
      await pglite.close()
    },
  }
}
