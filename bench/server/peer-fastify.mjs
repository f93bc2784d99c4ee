// The peer: what a team writes that has read the contract and does not measure. Fastify with its own JSON schema, the
// signature checked in the process, pg with a pool, one INSERT for each request. No limits, no replay cache, no log.
import { createHmac, timingSafeEqual } from 'node:crypto'
import Fastify from 'fastify'
import { Pool } from 'pg'
import { CALL_COLUMNS } from './call-schema.mjs'

const { DATABASE_URL, SECRET = '', SITE_UUID = '' } = process.env
const names = CALL_COLUMNS.map(([name]) => name)
const INSERT = `
insert into public.calls (id, site_id, kind, occurred_at, endpoint, content_digest, ${names.join(', ')})
values (gen_random_uuid(), '${SITE_UUID}', 7, now(), '/api/call-event/v2', '', ${names.map((_, n) => `$${n + 1}`).join(', ')})
on conflict do nothing returning id`

const pool = new Pool({ connectionString: DATABASE_URL, max: 10 })
const app = Fastify({ bodyLimit: 65_536 })

app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
  const made = createHmac('sha256', SECRET)
    .update(`${request.headers['x-ops-ts']}.`)
    .update(body)
    .digest()
  const sent = Buffer.from(String(request.headers['x-ops-signature']), 'hex')
  if (sent.length !== made.length || !timingSafeEqual(made, sent))
    return done(Object.assign(new Error('SIGNATURE_INVALID'), { statusCode: 401 }))
  done(null, JSON.parse(String(body)))
})

const text = (/** @type {number} */ maxLength) => ({ type: ['string', 'null'], maxLength })
const schema = {
  body: {
    type: 'object',
    required: ['site_id', 'fingerprint'],
    properties: {
      site_id: { type: 'string', maxLength: 64 },
      fingerprint: { type: 'string', minLength: 1, maxLength: 128 },
      event_id: { type: 'string', format: 'uuid' },
      intent_action: text(32),
      intent_target: text(512),
      intent_stamp: text(128),
      intent_page_url: text(2048),
      phone_number: text(256),
      action: text(32),
      url: text(2048),
      ua: text(512),
      click_id: text(256),
      gclid: text(256),
      wbraid: text(256),
      gbraid: text(256),
      value: { type: ['number', 'string', 'null'] },
    },
  },
}

const handler = async (/** @type {import('fastify').FastifyRequest} */ request) => {
  const body = /** @type {Record<string, unknown>} */ (request.body)
  const values = names.map((name) => body[name] ?? null)
  const { rows } = await pool.query(INSERT, values)
  const [row] = rows
  return { status: row === undefined ? 'noop' : 'unmatched', call_id: row?.id }
}
app.route({ method: 'POST', url: '/api/call-event/v2', schema, handler })

console.log(`ready: ${await app.listen({ port: 0, host: '127.0.0.1' })}`)
