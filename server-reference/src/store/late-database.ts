import type { Database } from './database.js'

/** A database that is opened by its first statement. One that could not be opened is tried again by the next. */
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
