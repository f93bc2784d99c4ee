import { Client } from 'pg'
import type { Database } from '../store/database.js'
import { CHANNEL_NAME, type Channel } from './channel.js'
import { piecesOf, reassemble } from './pieces.js'

/** Milliseconds before a broken connection is made again, doubled each time up to the second. */
const RECONNECT_MS = 500
const RECONNECT_MAX_MS = 30_000
/** Texts on their way at a time; more are left out, and readers get their calls from the database. */
const MAX_SENDING = 16

/**
 * Creates a channel over LISTEN and NOTIFY, for several servers on one Postgres without Redis. Both run as `anon`:
 * refusals are sent too, and must cause no statement as service_role.
 *
 * @param url of Postgres itself: LISTEN does not work through a pooler in transaction mode
 */
export const createPostgresChannel = (url: string, database: Database): Channel => {
  let client: Client | undefined
  let isClosed = false
  let delay = RECONNECT_MS
  let sending = 0

  const connect = async (onPayload: (payload: string) => void): Promise<void> => {
    const connection = new Client({
      connectionString: url,
      options: '-c role=anon',
      keepAlive: true,
      application_name: 'opsmantik live',
    })
    connection.on('error', () => {})
    connection.once('end', () => {
      if (isClosed) return
      setTimeout(() => void connect(onPayload), delay).unref()
      delay = Math.min(delay * 2, RECONNECT_MAX_MS)
    })
    connection.on('notification', ({ payload }) => onPayload(payload ?? ''))
    client = connection
    try {
      await connection.connect()
      await connection.query(`listen ${CHANNEL_NAME}`)
      delay = RECONNECT_MS
    } catch {
      // `end` has been emitted, or is now, and tries again.
      await connection.end().catch(() => {})
    }
  }
  return {
    kind: 'notify',
    send: (text) => {
      if (sending >= MAX_SENDING) return
      sending++
      database
        .batch('anon', NOTIFY, piecesOf(text))
        .catch(() => {})
        .finally(() => sending--)
    },
    listen: (onText) => connect(reassemble(onText)),
    close: async () => {
      isClosed = true
      await client?.end().catch(() => {})
    },
  }
}

const NOTIFY = `
select pg_notify('${CHANNEL_NAME}', piece)
from json_array_elements_text($1::json) with ordinality as cut (piece, n) order by n`
