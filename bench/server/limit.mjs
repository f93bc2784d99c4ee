// The practical limit: what somebody would write who wants nothing but speed. node:http, a signature checked in the
// process, zod, and inserts that share statements. No origins, no limits, no replay cache, no feed, no log.
import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'
import { Pool } from 'pg'
import { z } from 'zod'

const { DATABASE_URL, SECRET = '', SITE_UUID = '' } = process.env
const text = (/** @type {number} */ max) => z.string().max(max)
const schema = z.object({
  site_id: text(64),
  fingerprint: text(128).min(1),
  event_id: z.uuid(),
  intent_action: text(32).optional(),
  intent_target: text(512).optional(),
  intent_stamp: text(128).optional(),
  intent_page_url: text(2048).optional(),
  phone_number: text(256).nullish(),
  action: text(32).nullish(),
  url: text(2048).nullish(),
  ua: text(512).nullish(),
  click_id: text(256).nullish(),
  gclid: text(256).nullish(),
  wbraid: text(256).nullish(),
  gbraid: text(256).nullish(),
  value: z.union([z.number(), z.string(), z.null()]).optional(),
})
/** @typedef {z.infer<typeof schema>} Event */

const COLUMNS = /** @type {const} */ ([
  'fingerprint',
  'intent_action',
  'intent_target',
  'intent_stamp',
  'intent_page_url',
  'phone_number',
  'action',
  'url',
  'ua',
  'click_id',
  'gclid',
  'wbraid',
  'gbraid',
])
const names = ['id', 'event_id', ...COLUMNS, 'value']
const INSERT = `
insert into public.calls (site_id, endpoint, content_digest, ${names.join(', ')})
select '${SITE_UUID}', 'bench', '', ${names.map((name) => (name === 'value' ? 'value::numeric' : name)).join(', ')}
from unnest($1::uuid[], $2::uuid[], ${COLUMNS.map((_, n) => `$${n + 3}::text[]`).join(', ')}, $${COLUMNS.length + 3}::text[])
  as sent (${names.join(', ')})
on conflict do nothing returning id`

const pool = new Pool({ connectionString: DATABASE_URL, max: 4 })
/** @type {{ event: Event, answer: (status: string) => void }[]} */
let waiting = []
let running = false
const drain = async () => {
  running = true
  while (waiting.length > 0) {
    const batch = waiting
    waiting = []
    const ids = batch.map(() => randomUUID())
    const values = [
      ids,
      batch.map(({ event }) => event.event_id),
      ...COLUMNS.map((name) => batch.map(({ event }) => event[name] ?? null)),
      batch.map(({ event }) => (event.value == null ? null : String(event.value))),
    ]
    const { rows } = await pool.query({ name: 'insert', text: INSERT, values })
    const inserted = new Set(rows.map(({ id }) => id))
    batch.forEach(({ answer }, n) => answer(inserted.has(ids[n]) ? 'unmatched' : 'noop'))
  }
  running = false
}

const server = createServer((request, response) => {
  /** @type {Buffer[]} */
  const chunks = []
  const end = (/** @type {number} */ status, /** @type {object} */ body) => {
    const bytes = JSON.stringify(body)
    response.writeHead(status, {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(bytes),
    })
    response.end(bytes)
  }
  request.on('data', (chunk) => chunks.push(chunk))
  request.on('end', () => {
    const body = Buffer.concat(chunks)
    const made = createHmac('sha256', SECRET)
      .update(`${request.headers['x-ops-ts']}.`)
      .update(body)
      .digest()
    const sent = Buffer.from(String(request.headers['x-ops-signature']), 'hex')
    if (sent.length !== made.length || !timingSafeEqual(made, sent)) return end(401, {})
    const parsed = schema.safeParse(JSON.parse(body.toString()))
    if (!parsed.success) return end(400, {})
    waiting.push({ event: parsed.data, answer: (status) => end(200, { status }) })
    if (!running) void drain()
  })
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  console.log(`ready: http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`)
})
