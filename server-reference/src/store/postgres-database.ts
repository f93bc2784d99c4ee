import { Pool } from 'pg'
import type { Database, Role } from './database.js'

/** Connections for each role: requests share statements, and those stand in one line, so one works and one is asked by health. */
const MAX_CONNECTIONS = 2
/** Milliseconds to get a connection. */
const CONNECT_TIMEOUT = 2_000
/** Milliseconds that a statement of a request may take: then the client keeps its event and tries again. */
const STATEMENT_TIMEOUT = 5_000
/** The driver gives up a little later than Postgres does, which is how a database that no longer speaks is noticed. */
const ANSWER_TIMEOUT = STATEMENT_TIMEOUT + 1_000

/**
 * Postgres, over a few connections for each role. A connection speaks as its role from its first moment (the startup
 * option `role`), so no statement can run as another by a slip; whether the server heard it is asked once for each
 * connection, because a pooler in transaction mode may not pass it on.
 */
export const openPostgres = (url: string, onError: (error: Error) => void): Database => {
  const pools = new Map<Role, Pool>()

  const poolOf = (role: Role): Pool => {
    const known = pools.get(role)
    if (known !== undefined) return known
    const isOwner = role === 'owner'
    const pool = new Pool({
      connectionString: url,
      max: isOwner ? 1 : MAX_CONNECTIONS,
      connectionTimeoutMillis: CONNECT_TIMEOUT,
      idleTimeoutMillis: isOwner ? 1_000 : 0,
      keepAlive: true,
      application_name: `opsmantik ${role}`,
      // A migration may take its time.
      ...(isOwner
        ? {}
        : {
            options: `-c role=${role} -c statement_timeout=${STATEMENT_TIMEOUT} -c timezone=UTC`,
            query_timeout: ANSWER_TIMEOUT,
          }),
      onConnect: async (client) => {
        if (isOwner) return
        const { rows } = await client.query<{ name: string }>('select current_user as name')
        if (rows[0]?.name !== role) throw new NotThatRole(role)
      },
    })
    // An idle connection that breaks (Postgres restarts) is replaced by the next statement.
    pool.on('error', onError)
    pools.set(role, pool)
    return pool
  }

  return {
    query: async <Row>(role: Role, sql: string, params: readonly unknown[] = []) =>
      (await poolOf(role).query({ text: sql, values: [...params] })).rows as Row[],
    // Named, so that Postgres parses and plans it once for each connection.
    batch: async <Row>(role: Role, sql: string, items: readonly unknown[]) => {
      const query = { name: nameOf(sql), text: sql, values: [JSON.stringify(items)] }
      return (await poolOf(role).query(query)).rows as Row[]
    },
    // Without parameters, all of a text's statements are one transaction (the simple query protocol).
    script: async (sql) => {
      await poolOf('owner').query(sql)
    },
    close: async () => {
      await Promise.all([...pools.values()].map((pool) => pool.end()))
    },
  }
}

const names = new Map<string, string>()
const nameOf = (sql: string): string => {
  const known = names.get(sql)
  if (known !== undefined) return known
  const name = `opsmantik_${names.size}`
  names.set(sql, name)
  return name
}

/** The connection would run statements as somebody else: it is not used. */
class NotThatRole extends Error {
  constructor(role: Role) {
    super(
      `DATABASE_URL: the connection does not speak as ${role}. A pooler in transaction mode does not pass roles on: use a direct connection, or the pooler's session mode.`,
    )
    this.name = 'NotThatRole'
  }
}
