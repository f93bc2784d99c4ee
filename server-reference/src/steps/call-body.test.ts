import { CALL_FIELDS } from '@opsmantik/tracker/contract'
import { expect, it } from 'vitest'
import { call, event } from '../testing/call.js'
import { SITE } from '../testing/sign.js'
import { createWorld } from '../testing/world.js'

const issuesOf = async (body: string): Promise<unknown> => {
  const answer = await call(createWorld(), { body })
  expect(answer.status).toBe(400)
  return answer.body.code === 'INVALID_BODY'
    ? (answer.body.issues as { path: string }[]).map(({ path }) => path)
    : answer.body.code
}

it.each(['', '{', 'x=1', '{"a":1}{"b":2}', "{'a':1}", 'undefined'])(
  '%j is INVALID_JSON',
  async (body) => {
    expect(await issuesOf(body)).toBe('INVALID_JSON')
  },
)

it.each(['[]', 'null', '1', '"text"', 'true'])('%s is JSON but no event', async (body) => {
  expect(await issuesOf(body)).toEqual([''])
})

it('each field that is missing or wrong is named', async () => {
  expect(await issuesOf('{}')).toEqual(['site_id', 'fingerprint'])
  expect(await issuesOf(event({ event_id: 'x', value: {}, intent_action: 1 }))).toEqual([
    'event_id',
    'intent_action',
    'value',
  ])
})

const TEXTS = Object.entries(CALL_FIELDS).filter(([, { type }]) => type === 'text')
for (const [field, { max }] of TEXTS)
  it(`${field} may have ${max} characters, not one more`, async () => {
    const codeOf = async (value: string) =>
      (await call(createWorld(), { body: event({ [field]: value }) })).body.code
    expect(await codeOf('x'.repeat(max))).toBe(field === 'site_id' ? 'INVALID_SITE_ID' : undefined)
    expect(await codeOf('😀'.repeat(max))).toBe(field === 'site_id' ? 'INVALID_SITE_ID' : undefined)
    expect(await codeOf('x'.repeat(max + 1))).toBe('INVALID_BODY')
  })

it.each([
  ['fingerprint', ''],
  ['fingerprint', null],
  ['intent_action', null],
  ['event_id', null],
  ['event_id', ''],
  ['phone_number', 5],
  ['value', ''],
  ['value', 'abc'],
  ['value', '1e400'],
  ['value', '1e9999'],
  ['value', 'NaN'],
  ['value', '0x10'],
  ['value', true],
])('%s = %j is refused', async (field, value) => {
  expect(await issuesOf(event({ [field]: value }))).toEqual([field])
})

it.each([
  ['phone_number', null],
  ['ua', null],
  ['gclid', null],
  ['intent_target', ''],
  ['value', null],
  ['value', 0],
  ['value', -1.5],
  ['value', 1e308],
  ['value', '12.50'],
  ['value', '-.5e-3'],
])('%s = %j is taken', async (field, value) => {
  expect((await call(createWorld(), { body: event({ [field]: value }) })).status).toBe(200)
})

it.each([
  ['\\u0000', 'a\\u0000b'],
  ['half a surrogate pair', '\\ud83d'],
  ['the wrong half', '\\ude00\\ud83d'],
])('%s is INVALID_BODY and names the field', async (_, text) => {
  const body = `{"site_id":"${SITE.id}","fingerprint":"f","intent_target":"${text}"}`
  expect(await issuesOf(body)).toEqual(['intent_target'])
})

it('a whole surrogate pair is a character', async () => {
  const body = `{"site_id":"${SITE.id}","fingerprint":"\\ud83d\\ude00"}`
  expect((await call(createWorld(), { body })).status).toBe(200)
})

it('1e999 is refused as a value, and nothing else of a number matters', async () => {
  expect(await issuesOf(`{"site_id":"${SITE.id}","fingerprint":"f","value":1e999}`)).toEqual([
    'value',
  ])
})

it('unknown fields are dropped, whatever is in them: NUL, nesting without end, __proto__', async () => {
  const world = createWorld()
  const deep = '['.repeat(20_000) + ']'.repeat(20_000)
  const body = `{"x":"\\u0000","deep":${deep},"__proto__":{"site_id":"y"},"constructor":1,"site_id":"${SITE.id}","fingerprint":"f"}`
  expect((await call(world, { body })).status).toBe(200)
  expect(world.store.memory.calls[0]!.event).toEqual({ site_id: SITE.id, fingerprint: 'f' })
})

it('nesting without end in a known field is a 400 that names it', async () => {
  const deep = '['.repeat(20_000) + ']'.repeat(20_000)
  expect(await issuesOf(`{"site_id":"${SITE.id}","fingerprint":${deep}}`)).toEqual(['fingerprint'])
})

it('of a key that stands twice the last one counts', async () => {
  const world = createWorld()
  await call(world, {
    body: `{"site_id":"x","site_id":"${SITE.id}","fingerprint":"a","fingerprint":"b"}`,
  })
  expect(world.store.memory.calls[0]!.event.fingerprint).toBe('b')
})

it('the body of the CORS runbook, which has no event_id, is a valid event', async () => {
  const body = JSON.stringify({
    site_id: SITE.publicId,
    fingerprint: 'cors_fp',
    intent_action: 'phone',
    intent_target: '905000000000',
    intent_stamp: 'cors-test-1',
  })
  expect((await call(createWorld(), { body })).body.status).toBe('unmatched')
})
