import { CALL_EVENT_V1, CALL_EVENT_V2 } from '@opsmantik/tracker/contract'
import { expect, it } from 'vitest'
import { call, pageEvent, sync } from '../testing/call.js'
import { ORIGIN, OTHER_SITE, signed } from '../testing/sign.js'
import { createWorld } from '../testing/world.js'

const DENIED = { code: 'ORIGIN_NOT_ALLOWED', error: 'Origin not allowed' }

it('a denied origin is 403 with the origin as received, and no CORS header', async () => {
  for (const path of [CALL_EVENT_V1, CALL_EVENT_V2]) {
    const { status, body, headers } = await call(createWorld(), {
      path,
      headers: { Origin: 'https://Evil.example/' },
    })
    expect(status).toBe(403)
    expect(body).toEqual({
      ...DENIED,
      origin: 'https://Evil.example/',
      request_id: headers.get('x-request-id'),
    })
    expect(headers.has('access-control-allow-origin')).toBe(false)
    expect(headers.get('vary')).toBe('Origin')
  }
})

it('without an origin V2 is open to servers, V1 and sync are not', async () => {
  const headers = { Origin: undefined }
  expect((await call(createWorld(), { headers })).status).toBe(200)
  const v1 = await call(createWorld(), { path: CALL_EVENT_V1, headers })
  const unsigned = await sync(createWorld(), pageEvent(), { headers })
  for (const { status, body } of [v1, unsigned]) {
    expect(status).toBe(403)
    expect(body).toMatchObject({ code: 'ORIGIN_REQUIRED' })
  }
})

const proxied = (body: string, options?: Parameters<typeof signed>[1]) => ({
  body,
  headers: { Origin: undefined, 'X-Ops-Proxy': '1', ...signed(body, options) },
})

it('a sync request that a proxy has signed needs no origin', async () => {
  const body = JSON.stringify(pageEvent())
  expect((await sync(createWorld(), {}, proxied(body))).status).toBe(200)
})

it('a sync request of a proxy is verified like a call: signature, site, and every event’s site', async () => {
  const world = createWorld()
  const body = JSON.stringify({ events: [pageEvent(), pageEvent({ s: OTHER_SITE.id })] })
  expect((await sync(world, {}, proxied(body))).body).toMatchObject({ code: 'SITE_MISMATCH' })
  const wrong = proxied(body, { secret: 'x'.repeat(20) })
  expect((await sync(world, {}, wrong)).body).toMatchObject({ code: 'SIGNATURE_INVALID' })
  expect(world.store.memory.syncEvents).toEqual([])
})

it('a sync request that only says it is a proxy, or is only signed, needs an origin', async () => {
  const body = JSON.stringify(pageEvent())
  const { headers } = proxied(body)
  for (const incomplete of [
    { ...headers, 'X-Ops-Signature': undefined },
    { ...headers, 'X-Ops-Proxy': undefined },
    { ...headers, 'X-Ops-Proxy': '0' },
  ])
    expect((await sync(createWorld(), {}, { body, headers: incomplete })).body).toMatchObject({
      code: 'ORIGIN_REQUIRED',
    })
})

it('with signing disabled every request needs an allowed origin, a proxy’s too', async () => {
  const world = createWorld({ signingDisabled: true })
  const body = JSON.stringify(pageEvent())
  for (const answer of [await call(world), await sync(world, {}, proxied(body))])
    expect(answer.body).toMatchObject({ code: 'ORIGIN_REQUIRED' })
  const denied = await call(world, { headers: { Origin: 'https://evil.example' } })
  expect(denied.body).toMatchObject(DENIED)
  const unsigned = await call(world, {
    headers: { Origin: ORIGIN, 'X-Ops-Signature': undefined, 'X-Ops-Ts': undefined },
  })
  expect(unsigned.status).toBe(200)
})
