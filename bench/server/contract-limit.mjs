// The contract limit: what the contract demands of one call event on V2, and nothing around it. Raw node:http, zod, the
// verifier's function as `anon`, one insert that matches as `service_role`; concurrent requests share both statements.
// No framework, no limits, no replay cache, no log, no metrics, no feed. A faster server has left something out.
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { Pool } from 'pg'
import { callSchema } from './call-schema.mjs'

const { DATABASE_URL } = process.env

const VERIFY = `
select verified.site_id
from public.verify_call_event_signatures_v1($1::json) with ordinality as verified (site_id, ord)
order by verified.ord`

const INSERT =
  'select call_id, session_id, inserted from public.record_calls_v1($1::json) order by ord'

/** @param {string} role */
const connect = (role) =>
  new Pool({ connectionString: DATABASE_URL, max: 1, options: `-c role=${role}` })
const anon = connect('anon')
const service = connect('service_role')

/**
 * Requests that wait while a statement runs share the next one.
 *
 * @template Item, Result
 * @param {(items: Item[]) => Promise<Result[]>} run
 */
const together = (run) => {
  /** @type {{ item: Item, resolve: (result: Result) => void, reject: (error: unknown) => void }[]} */
  let waiting = []
  let isRunning = false
  const drain = async () => {
    isRunning = true
    while (waiting.length > 0) {
      const leave = await takeLine()
      await new Promise((resolve) => setImmediate(resolve))
      const batch = waiting
      waiting = []
      try {
        const results = await run(batch.map(({ item }) => item))
        batch.forEach(({ resolve }, at) => resolve(/** @type {Result} */ (results[at])))
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
      leave()
    }
    isRunning = false
  }
  return (/** @type {Item} */ item) =>
    new Promise((/** @type {(result: Result) => void} */ resolve, reject) => {
      waiting.push({ item, resolve, reject })
      if (!isRunning) void drain()
    })
}
/** One statement at a time, of either kind: batches are larger. */
let line = Promise.resolve()
const takeLine = async () => {
  const before = line
  let leave = () => {}
  line = new Promise((resolve) => (leave = resolve))
  await before
  return leave
}

const verify = together(
  async (/** @type {{ site: string, ts: string, body: string, signature: string }[]} */ claims) => {
    const values = [JSON.stringify(claims)]
    const { rows } = await anon.query({ name: 'verify', text: VERIFY, values })
    return rows.map(({ site_id }) => /** @type {string | null} */ (site_id))
  },
)
const insert = together(async (/** @type {Record<string, unknown>[]} */ calls) => {
  const values = [JSON.stringify(calls)]
  const { rows } = await service.query({ name: 'insert', text: INSERT, values })
  return rows
})

/** @param {import('node:http').IncomingMessage} request @param {Buffer} bytes */
const respond = async ({ headers }, bytes) => {
  const ts = String(headers['x-ops-ts'])
  const body = bytes.toString()
  const site = await verify({
    site: String(headers['x-ops-site-id']),
    ts,
    body,
    signature: String(headers['x-ops-signature']),
  })
  if (Math.abs(Date.now() / 1000 - Number(ts)) > 300 || site === null) return { status: 401 }
  const parsed = callSchema.safeParse(JSON.parse(body))
  if (!parsed.success) return { status: 400 }
  const call = await insert({
    ...parsed.data,
    id: randomUUID(),
    site_id: site,
    endpoint: '/api/call-event/v2',
    digest: '00',
    occurred_ms: Number.parseInt(parsed.data.intent_stamp ?? '', 10) || null,
  })
  const status = !call.inserted ? 'noop' : call.session_id === null ? 'unmatched' : 'matched'
  return { status: 200, body: { status, call_id: call.call_id, session_id: call.session_id } }
}

const server = createServer((request, response) => {
  /** @type {Buffer[]} */
  const chunks = []
  let size = 0
  request.on('data', (chunk) => {
    size += chunk.length
    if (size <= 65_536) chunks.push(chunk)
  })
  request.on('end', () => {
    const bytes = chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)
    respond(request, bytes).then(({ status, body = {} }) => {
      const text = JSON.stringify({ ...body, request_id: randomUUID() })
      response.writeHead(status, [
        'Content-Type',
        'application/json',
        'Content-Length',
        String(Buffer.byteLength(text)),
      ])
      response.end(text)
    })
  })
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  console.log(`ready: http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`)
})
