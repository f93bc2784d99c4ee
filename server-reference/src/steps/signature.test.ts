import { expect, it } from 'vitest'
import { call, event } from '../testing/call.js'
import { OTHER_SITE, SITE, signed } from '../testing/sign.js'
import { createWorld } from '../testing/world.js'

const at = (offset: number): string => String(Math.floor(Date.now() / 1000) + offset)

it.each([
  ['X-Ops-Site-Id', undefined],
  ['X-Ops-Site-Id', 'shop'],
  ['X-Ops-Site-Id', `${SITE.publicId}, ${SITE.publicId}`],
  ['X-Ops-Ts', undefined],
  ['X-Ops-Ts', '12345678'],
  ['X-Ops-Ts', '1234567890123'],
  ['X-Ops-Ts', '1700000000.5'],
  ['X-Ops-Ts', '+1700000000'],
  ['X-Ops-Ts', `${at(0)}, ${at(0)}`],
  ['X-Ops-Signature', undefined],
  ['X-Ops-Signature', ''],
  ['X-Ops-Signature', 'a'.repeat(63)],
  ['X-Ops-Signature', 'g'.repeat(64)],
  ['X-Ops-Signature', `${'a'.repeat(64)}, ${'a'.repeat(64)}`],
])('%s: %s is 401 SIGNATURE_REQUIRED', async (name, value) => {
  const { status, body } = await call(createWorld(), { headers: { [name]: value } })
  expect(status).toBe(401)
  expect(body).toEqual({
    error: 'Unauthorized',
    code: 'SIGNATURE_REQUIRED',
    server_ts: expect.any(Number),
    request_id: expect.any(String),
  })
})

it.each([
  [-300, 200],
  [-302, 401],
  [59, 200],
  [62, 401],
])('a timestamp %i s from now is %i', async (offset, status) => {
  const body = event()
  const answer = await call(createWorld(), { body, headers: signed(body, { ts: at(offset) }) })
  expect(answer.status).toBe(status)
  if (status === 401)
    expect(answer.body).toMatchObject({
      code: 'SIGNATURE_TIMESTAMP_INVALID',
      server_ts: Number(at(0)),
    })
})

it('an unknown site and a wrong secret get the same answer', async () => {
  const body = event()
  const answers = [
    await call(createWorld(), { body, headers: signed(body, { secret: 'x'.repeat(20) }) }),
    await call(createWorld(), { body, headers: signed(body, { site: 'f'.repeat(32) }) }),
    await call(createWorld(), { body, headers: signed(body, { site: OTHER_SITE.id }) }),
  ]
  const bare = answers.map(({ status, body: answer, headers }) => {
    const kept = [...headers].filter(([name]) => name !== 'x-request-id')
    return { status, answer: { ...answer, request_id: '' }, kept }
  })
  expect(bare[0]).toMatchObject({ status: 401, answer: { code: 'SIGNATURE_INVALID' } })
  expect(bare[1]).toEqual(bare[0])
  expect(bare[2]).toEqual(bare[0])
})

it('a signature in upper case, and a timestamp with a leading zero, hold', async () => {
  const body = event()
  const headers = signed(body, { ts: '0' + at(0) })
  headers['X-Ops-Signature'] = headers['X-Ops-Signature']!.toUpperCase()
  expect((await call(createWorld(), { body, headers })).status).toBe(200)
})

it.each([
  ['invalid UTF-8', [0x7b, 0xff, 0x7d]],
  ['half a character at the end', [0x22, 0xc5]],
  ['an encoded surrogate', [0x22, 0xed, 0xa0, 0x80, 0x22]],
  ['a NUL', [0x22, 0x00, 0x22]],
])('a body with %s is 400 INVALID_JSON and the verifier is not asked', async (_, bytes) => {
  const world = createWorld()
  world.store.verify = () => Promise.reject(new Error('asked'))
  const { status, body } = await call(world, { body: Uint8Array.from(bytes) })
  expect(status).toBe(400)
  expect(body).toMatchObject({ code: 'INVALID_JSON' })
})

it('a signed byte order mark is part of the message and not of the JSON', async () => {
  expect((await call(createWorld(), { body: '\uFEFF' + event() })).status).toBe(200)
})

it('a verifier that fails is 503 with Retry-After, not 401', async () => {
  const world = createWorld()
  world.store.verify = () => Promise.reject(new Error('down'))
  const { status, body, headers } = await call(world)
  expect(status).toBe(503)
  expect(body).toMatchObject({ code: 'SIGNATURE_VERIFIER_UNAVAILABLE' })
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
  expect(world.store.memory.calls).toEqual([])
})

it('with signing disabled nothing is verified', async () => {
  const world = createWorld({ signingDisabled: true })
  const headers = { Origin: 'https://shop.example', 'X-Ops-Signature': undefined }
  expect((await call(world, { headers })).status).toBe(200)
})
