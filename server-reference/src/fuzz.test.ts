import { CALL_EVENT_V1, CALL_EVENT_V2, CALL_FIELDS, SYNC } from '@opsmantik/tracker/contract'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApp } from './app.js'
import { createSqlStore } from './store/sql-store.js'
import { event, pageEvent } from './testing/call.js'
import { openTestDatabase, type TestDatabase } from './testing/database.js'
import { ORIGIN, SITE, signed } from './testing/sign.js'
import { createWorld, limits } from './testing/world.js'
import { createMemoryLimiter } from './limits/memory-limiter.js'
import type { World } from './world.js'

const ENDPOINTS = [CALL_EVENT_V1, CALL_EVENT_V2, SYNC]
/** Values that JSON allows and that databases, languages and people do not expect. */
const ODD = [
  '"\\u0000"',
  '"a\\u0000b"',
  '"\\ud800"',
  '"\\udc00\\ud800"',
  '1e999',
  '-1e999',
  '1e-999',
  '123456789012345678901234567890',
  '-0',
  '""',
  '"__proto__"',
  '{"__proto__":{"polluted":true}}',
  '{"constructor":{"prototype":{"polluted":true}}}',
  '{"toJSON":1}',
  '[[[[[[[[[[]]]]]]]]]]',
  'null',
  'true',
  `"${'x'.repeat(70_000)}"`,
  `"${'😀'.repeat(600)}"`,
  `${'['.repeat(3_000)}${']'.repeat(3_000)}`,
  '"\\u202e\\ufeff"',
  '"NaN"',
  '"Infinity"',
  '"1e400"',
]
const FIELDS = [
  ...Object.keys(CALL_FIELDS),
  ...'s u sid sm ec ea el ev r meta events __proto__ toString'.split(' '),
]
const oddValue = fc.oneof(fc.constantFrom(...ODD), fc.json())

/** A good event with fields said again, or with others: the last of two equal keys counts (RFC 8259 leaves it open). */
const mutatedBy = (maxLength: number) =>
  fc
    .tuple(
      fc.constantFrom(event(), JSON.stringify(pageEvent())),
      fc.array(fc.tuple(fc.constantFrom(...FIELDS), oddValue), { minLength: 1, maxLength }),
    )
    .map(
      ([good, fields]) =>
        good.slice(0, -1) + fields.map(([name, value]) => `,"${name}":${value}`).join('') + '}',
    )
const mutated = mutatedBy(4)
const body = fc.oneof(
  { weight: 6, arbitrary: mutated.map((text) => Buffer.from(text)) },
  { weight: 2, arbitrary: oddValue.map((text) => Buffer.from(text)) },
  { weight: 1, arbitrary: mutated.map((text) => Buffer.from('\ufeff' + text)) },
  { weight: 1, arbitrary: mutated.map((text) => Buffer.from(text, 'utf16le')) },
  { weight: 2, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)) },
)
/** The characters that HTTP allows in a field's value. */
const value = fc.stringMatching(/^[\t\x20-\x7e\x80-\xff]{0,80}$/).map((text) => text.trim())
const HEADERS = (
  'Content-Type Content-Encoding Content-Length Accept User-Agent Host Origin X-Ops-Site-Id X-Ops-Ts ' +
  'X-Ops-Signature X-Ops-Proxy X-Ops-Proxy-Host X-Forwarded-For X-Request-Id If-None-Match Range'
).split(' ')
const strange = fc.dictionary(
  fc.constantFrom(...HEADERS),
  fc.oneof(value, fc.constantFrom('1', 'null', ORIGIN, '*', '::1, 10.0.0.1', '[::1]:80')),
  { maxKeys: 4 },
)
const sent = fc.record({
  path: fc.constantFrom(...ENDPOINTS),
  method: fc.constantFrom('POST', 'POST', 'POST', 'POST', 'PUT', 'OPTIONS', 'DELETE'),
  body,
  isSigned: fc.boolean(),
  hasOrigin: fc.boolean(),
  strange: fc.option(strange, { nil: {}, freq: 2 }),
})

const unlimited = limits({ coarse: 1e9, v1: 1e9, v2: 1e9, sync: 1e9, address: 1e9, site: 1e9 })

/** Checks for any request: no 5xx, always a response of the contract, and nothing recorded unless the response says so. */
const holds = async (
  world: World,
  countRows: () => Promise<number>,
  request: typeof sent extends fc.Arbitrary<infer Sent> ? Sent : never,
): Promise<void> => {
  const before = await countRows()
  const { path, method } = request
  const hasBody = method === 'POST' || method === 'PUT'
  const headers = {
    'Content-Type': 'application/json',
    ...(request.hasOrigin ? { Origin: ORIGIN } : {}),
    ...(request.isSigned ? signed(request.body) : {}),
    ...request.strange,
  }
  const response = await createApp(world).request(path, {
    method,
    headers,
    ...(hasBody ? { body: request.body } : {}),
  })
  expect(response.status).toBeLessThan(500)
  expect(response.headers.get('X-Request-Id')).toMatch(/^[\w.:=+/-]{1,128}$/)
  expect(response.headers.get('Vary')).toContain('Origin')
  if (response.status !== 204) {
    const answer = (await response.json()) as Record<string, unknown>
    if (response.status === 200) expect(answer.status).toMatch(/^(un)?matched$|^noop$|^synced$/)
    else expect(answer).toMatchObject({ code: expect.any(String), error: expect.any(String) })
  }
  if (response.status !== 200) expect(await countRows()).toBe(before)
  expect(({} as Record<string, unknown>).polluted).toBeUndefined()
}

describe('whatever is sent', () => {
  it('memory: no 5xx, the contract’s words, nothing recorded unless that is said', async () => {
    const world = createWorld({ limiter: createMemoryLimiter(unlimited), trustedHops: 1 })
    const { memory } = world.store
    const countRows = async () => memory.calls.length + memory.syncEvents.length
    await fc.assert(
      fc.asyncProperty(sent, (request) => holds(world, countRows, request)),
      { numRuns: 1_500 },
    )
  }, 60_000)

  describe('to the database', () => {
    let opened: TestDatabase
    beforeAll(async () => {
      opened = await openTestDatabase()
    }, 30_000)
    afterAll(() => opened.database.close())

    it('no 5xx, and the database stores what the schema lets through', async () => {
      const { database } = opened
      const world = createWorld({
        limiter: createMemoryLimiter(unlimited),
        store: createSqlStore(database) as never,
      })
      const countRows = async () => {
        const [row] = await database.query<{ n: number }>(
          'owner',
          'select ((select count(*) from public.calls) + (select count(*) from public.sync_events))::int as n',
        )
        return row!.n
      }
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...ENDPOINTS), mutatedBy(1), (path, text) =>
          holds(world, countRows, {
            path,
            method: 'POST',
            body: Buffer.from(text),
            isSigned: true,
            hasOrigin: true,
            strange: {},
          }),
        ),
        { numRuns: 1_000 },
      )
    }, 60_000)

    it('a call that is recorded says what was sent, character for character', async () => {
      const { database } = opened
      const world = createWorld({
        limiter: createMemoryLimiter(unlimited),
        store: createSqlStore(database) as never,
      })
      // Whole characters without NUL: what Postgres can store, and so what is recorded.
      const text = (max: number) =>
        fc
          .string({ unit: 'binary', minLength: 1, maxLength: max })
          .filter((one) => !/[\p{Cs}\0]/u.test(one))
      await fc.assert(
        fc.asyncProperty(text(30), text(32), text(200), async (fingerprint, action, target) => {
          const said = { fingerprint, intent_action: action, intent_target: target }
          const bytes = event({ ...said, site_id: SITE.publicId })
          const response = await createApp(world).request(CALL_EVENT_V2, {
            method: 'POST',
            headers: { 'Content-Type': 'application/json', ...signed(bytes) },
            body: bytes,
          })
          expect(response.status).toBe(200)
          const { call_id } = (await response.json()) as { call_id: string }
          const [row] = await database.query(
            'owner',
            'select fingerprint, intent_action, intent_target from public.calls where id = $1',
            [call_id],
          )
          expect(row).toEqual(said)
        }),
        { numRuns: 200 },
      )
    }, 60_000)
  })
})
