import { Pool, type PoolClient } from 'pg'
import { batchJson } from './batch-json.js'
import type { Database, Role } from './database.js'
import { withLiteral } from './with-literal.js'

/**
 * Maximum number of connections: statements of requests run one after the other, so they need one; health, the feed and
 * calls that are checked again (`recheck.ts`) need one each.
 */
const MAX_CONNECTIONS = 4
const CONNECT_TIMEOUT_MS = 2_000
/** A statement of a request may take this long: then the client keeps its event and tries again. */
const STATEMENT_TIMEOUT_MS = 5_000
/** The driver's timeout is a little longer than that of Postgres, so that it detects a database that no longer responds. */
const RESPONSE_TIMEOUT_MS = STATEMENT_TIMEOUT_MS + 1_000

/**
 * Opens a Postgres, directly or through a pooler in transaction mode (docs/decisions/pooler.md). A connection keeps
 * nothing between two messages: a role is set for one transaction, and a statement about many items is one message of
 * the simple protocol, which is a transaction by itself – one round trip, no prepared statement, no startup option.
 */
export const openPostgres = (url: string, onError: (error: Error) => void): Database => {
  const settings = {
    connectionString: url,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
  }
  const requests = new Pool({
    ...settings,
    max: MAX_CONNECTIONS,
    idleTimeoutMillis: 0,
    application_name: 'opsmantik',
    query_timeout: RESPONSE_TIMEOUT_MS,
  })
  // A migration may take its time.
  const owner = new Pool({
    ...settings,
    max: 1,
    idleTimeoutMillis: 1_000,
    application_name: 'opsmantik owner',
  })
  // An idle connection that breaks (Postgres restarts) is replaced by the next statement.
  for (const pool of [requests, owner]) pool.on('error', onError)

  return {
    query: async <Row>(role: Role, sql: string, params: readonly unknown[] = []) => {
      const query = { text: sql, values: [...params] }
      if (role === 'owner') return (await owner.query(query)).rows as Row[]
      return inTransaction(
        requests,
        role,
        async (client) => (await client.query(query)).rows as Row[],
      )
    },
    batch: async <Row>(role: Role, sql: string, items: readonly unknown[] | string) => {
      const pool = role === 'owner' ? owner : requests
      const at = sql.indexOf('$1')
      const text = withLiteral(become(role) + sql.slice(0, at), batchJson(items), sql.slice(at + 2))
      return lastRows<Row>(await pool.query(text))
    },
    // Without parameters, all of a text's statements are one transaction (the simple query protocol).
    script: async (sql) => {
      await owner.query(sql)
    },
    close: async () => {
      await Promise.all([requests.end(), owner.end()])
    },
  }
}

/** Returns the statements that set role and time-out. Both settings end with the transaction, whether it commits or not. */
const become = (role: Role): string =>
  role === 'owner'
    ? ''
    : `set local role ${role}; set local statement_timeout = ${STATEMENT_TIMEOUT_MS}; `

/** A text of several statements has a result for each. */
const lastRows = <Row>(results: unknown): Row[] => {
  const last: unknown = Array.isArray(results) ? results.at(-1) : results
  return (last as { rows: Row[] }).rows
}

const inTransaction = async <Result>(
  pool: Pool,
  role: Role,
  run: (client: PoolClient) => Promise<Result>,
): Promise<Result> => {
  const client = await pool.connect()
  try {
    await client.query(`begin; ${become(role)}`)
    const result = await run(client)
    await client.query('commit')
    client.release()
    return result
  } catch (error) {
    // Its transaction is in an unknown state, and its answer may still come.
    client.release(true)
    throw error
  }
}
