import { expect, it } from 'vitest'
import { ConfigError } from './config/config-error.js'
import { createHandler } from './handler.js'
import { event } from './testing/call.js'
import { ORIGIN, SITE, signed } from './testing/sign.js'

const ENV = {
  ALLOWED_ORIGINS: ORIGIN,
  DATA_DIR: 'memory:',
  SEED_SITES: `${SITE.publicId}:${SITE.secret}`,
  LOG_LEVEL: 'silent',
}
const URL_V2 = 'https://console.example/api/call-event/v2'

const post = (body: string): Request =>
  new Request(URL_V2, {
    method: 'POST',
    body,
    headers: { 'Content-Type': 'application/json', ...signed(body) },
  })

it('a request is answered by a function alone, without a socket', async () => {
  const handle = createHandler(ENV)
  const body = event()
  const first = await handle(post(body))
  expect(first.status).toBe(200)
  const { call_id, status } = (await first.json()) as Record<string, unknown>
  expect(status).toBe('unmatched')
  const again = (await (await handle(post(body))).json()) as Record<string, unknown>
  expect(again).toMatchObject({ status: 'noop', call_id })
}, 30_000)

it('a preflight needs no database, and a call event is kept by its client while there is none', async () => {
  const { SEED_SITES: _, ...env } = ENV
  const handle = createHandler({ ...env, DATABASE_URL: 'postgres://u:p@127.0.0.1:1/none' })
  const preflight = await handle(
    new Request(URL_V2, { method: 'OPTIONS', headers: { Origin: ORIGIN } }),
  )
  expect(preflight.status).toBe(204)
  for (let attempt = 0; attempt < 2; attempt++) {
    const response = await handle(post(event()))
    expect(response.status).toBe(503)
    expect(response.headers.get('Retry-After')).toMatch(/^\d+$/)
    expect(await response.json()).toMatchObject({ code: 'SIGNATURE_VERIFIER_UNAVAILABLE' })
  }
})

it('a configuration that cannot be used is said before the first request', () => {
  expect(() => createHandler({ NODE_ENV: 'production' })).toThrow(ConfigError)
})
