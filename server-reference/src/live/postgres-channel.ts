import { Client } from 'pg'
import type { Database } from '../store/database.js'
import { CHANNEL_NAME, type Channel } from './channel.js'

/** Bytes of a payload; Postgres refuses 8,000 and more. */
const MAX_PAYLOAD = 7_900
/** Milliseconds before a broken connection is made again. */
const RECONNECT = 500

/**
 * LISTEN and NOTIFY, for several servers on one Postgres without Redis. Both as `anon`: a refusal is told too, and
 * must cause no statement as service_role.
 */
export const createPostgresChannel = (url: string, database: Database): Channel => {
  let client: Client | undefined
  let isClosed = false

  const connect = async (onPayload: (payload: string) => void): Promise<void> => {
    const connection = new Client({
      connectionString: url,
      options: '-c role=anon',
      keepAlive: true,
      application_name: 'opsmantik live',
    })
    connection.on('error', () => {})
    connection.once('end', () => {
      if (!isClosed) setTimeout(() => void connect(onPayload), RECONNECT).unref()
    })
    connection.on('notification', ({ payload }) => onPayload(payload ?? ''))
    client = connection
    try {
      await connection.connect()
      await connection.query(`listen ${CHANNEL_NAME}`)
    } catch {
      // `end` has been told, or is now, and tries again.
      await connection.end().catch(() => {})
    }
  }
  return {
    send: (text) => {
      database.batch('anon', NOTIFY, piecesOf(text)).catch(() => {})
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

/** ASCII, so that a text may be cut anywhere. Each piece begins with how many follow, which also makes it unlike its neighbours: Postgres drops equal ones. */
export const piecesOf = (json: string): string[] => {
  const text = json.replace(
    /[\u0080-\uffff]/g,
    (unit) => '\\u' + unit.charCodeAt(0).toString(16).padStart(4, '0'),
  )
  const count = Math.max(1, Math.ceil(text.length / MAX_PAYLOAD))
  return Array.from(
    { length: count },
    (_, index) =>
      `${count - 1 - index}:${text.slice(index * MAX_PAYLOAD, (index + 1) * MAX_PAYLOAD)}`,
  )
}

/** One transaction's notifications arrive in order and together. */
export const reassemble = (onText: (text: string) => void): ((piece: string) => void) => {
  let text = ''
  return (piece) => {
    const [, left, part = ''] = /^(\d+):([^]*)$/.exec(piece) ?? []
    text += part
    if (left !== '0') return
    onText(text)
    text = ''
  }
}
