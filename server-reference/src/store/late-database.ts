import type { Database } from './database.js'

/** Returns a database that its first statement opens. If that fails, the next statement tries again. */
export const openLate = (open: () => Promise<Database>): Database => {
  let opening: Promise<Database> | undefined
  const opened = (): Promise<Database> => {
    opening ??= open().catch((error: unknown) => {
      opening = undefined
      throw error
    })
    return opening
  }
  return {
    query: async (role, sql, params) => (await opened()).query(role, sql, params),
    batch: async (role, sql, items) => (await opened()).batch(role, sql, items),
    script: async (sql) => (await opened()).script(sql),
    close: async () => {
      await (await opening?.catch(() => undefined))?.close()
    },
  }
}
