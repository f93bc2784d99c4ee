import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterEach, expect, test, vi } from 'vitest'
import { OriginPolicy } from '../../server-reference/src/config/origins.js'
import { parseOrigins } from '../../server-reference/src/config/parse-origins.js'
import { judge } from '../../src/contract/outcome.js'
import vectors from '../../src/contract/vectors.json' with { type: 'json' }
import schema from '../../src/contract/vectors.schema.json' with { type: 'json' }
import { makeEvent } from '../../src/tracker/event.js'
import { retryDelay } from '../../src/tracker/retry.js'
import { lookAlikes } from '../../cli/src/conformance/server/look-alikes.js'
import { linkIntent } from '../../src/tracker/target.js'
import { uuid } from '../../src/tracker/uuid.js'

afterEach(() => vi.restoreAllMocks())

const STAMP = /^(\d{13})-[\da-z]{4}-(.{1,32})-[\da-z]{6}$/

test('the vectors are what their schema says', () => {
  const validate = new Ajv2020({ allErrors: true, validateFormats: false }).compile(schema)
  validate(vectors)
  expect(validate.errors).toBeNull()
})

test.each(vectors.stamps)('the stamp “$stamp”: $valid', ({ stamp, valid, ms, kind }) => {
  const found = STAMP.exec(stamp)
  expect(found !== null).toBe(valid)
  if (found) expect([Number(found[1]), found[2]]).toEqual([ms, kind])
})

test.each(['phone', 'whatsapp', 'sms', 'email', 'form', 'book-a-table'])(
  'the tracker stamps %s as the vectors say',
  (action) => {
    const base = { site_id: 's', fingerprint: 'f', event_id: uuid(), intent_page_url: 'https://x/' }
    const event = makeEvent(base, { action, target: 'x' }, () => undefined)
    expect(JSON.parse(event).intent_stamp).toMatch(STAMP)
  },
)

test.each(vectors.targets)('the link “$href” is $action $target', ({ href, action, target }) => {
  expect(linkIntent(href) ?? { action: null, target: null }).toEqual({ action, target })
})

test.each(vectors.origins)(
  '$origin at $allowed_origins ($why): $allowed',
  ({ allowed_origins, origin, now, allowed }) => {
    const { entries, problems } = parseOrigins(allowed_origins, false)
    expect(problems).toEqual([])
    expect(new OriginPolicy(entries, () => Date.parse(now)).allows(origin)).toBe(allowed)
  },
)

test.each(vectors.origin_lists)(
  'the list “$allowed_origins” ($why, production $production): $valid',
  ({ allowed_origins, production, valid }) => {
    const { entries, problems } = parseOrigins(allowed_origins, production)
    // An empty list is not a syntax error; in production it allows no origin, and the server refuses to start.
    expect(problems.length === 0 && (entries.length > 0 || !production)).toBe(valid)
  },
)

test.each(vectors.retries)(
  '$fault, after $tries tries and Retry-After $retry_after: $why',
  ({ fault, tries, retry_after, now_ms, min_ms, max_ms }) => {
    vi.spyOn(Date, 'now').mockReturnValue(now_ms)
    for (const random of [0, 0.5, 0.999_999]) {
      vi.spyOn(Math, 'random').mockReturnValue(random)
      const failures = fault === 'path' ? tries : -tries
      const wait = retryDelay(failures, retry_after)
      expect(wait).toBeGreaterThanOrEqual(min_ms)
      expect(wait).toBeLessThanOrEqual(max_ms)
    }
  },
)

test.each(vectors.outcomes)('$name: $outcome', (vector) => {
  const { status, body, content_type, outcome, fault, reason, server_ts } = vector
  const headers = new Headers(content_type ? { 'Content-Type': content_type } : {})
  const verdict = judge({ status, headers }, body)
  expect(verdict.status).toBe(outcome)
  expect(verdict.fault).toBe(fault)
  expect(verdict.reason ?? null).toBe(reason)
  expect(verdict.serverTs).toBe(server_ts)
})

test('the kit tries every origin that the vectors deny', () => {
  const tried = lookAlikes('https://shop.example')
  const denied = vectors.origins
    .filter((vector) => vector.allowed_origins === 'https://shop.example' && !vector.allowed)
    .map(({ origin }) => origin)
    // Both have separate checks.
    .filter((origin) => origin !== '' && origin !== 'null')
  expect(denied.length).toBeGreaterThan(8)
  expect(denied.filter((origin) => !tried.includes(origin))).toEqual([])
})
