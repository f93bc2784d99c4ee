import { expect, test } from 'vitest'
import { REFUSALS, type Code, type CodeRow } from './codes.js'
import { FAULTS, type Fault } from './faults.js'
import { judge, type ResponseHead, type ResponseVerdict } from './outcome.js'

const answer = (
  status: number,
  body: unknown = '',
  type = 'application/json',
): [ResponseHead, text: string] => [
  { status, headers: new Headers(type ? { 'content-type': type } : {}) },
  typeof body === 'string' ? body : JSON.stringify(body),
]

const cases: [string, ReturnType<typeof answer>, ResponseVerdict][] = [
  [
    'a recorded event is delivered',
    answer(200, { status: 'matched' }),
    { status: 'delivered', fault: 'nothing' },
  ],
  [
    'an event recorded before is a duplicate',
    answer(200, { status: 'noop' }),
    { status: 'duplicate', fault: 'nothing' },
  ],
  [
    '202 without a body is delivered',
    answer(202, '', ''),
    { status: 'delivered', fault: 'nothing' },
  ],
  ['204 is delivered', answer(204, '', ''), { status: 'delivered', fault: 'nothing' }],
  [
    '2xx whose body is JSON but no object is delivered',
    answer(200, 'null'),
    { status: 'delivered', fault: 'nothing' },
  ],
  ['no answer is kept', answer(0), { status: 'queued', fault: 'path', reason: '0' }],
  [
    '408 is kept',
    answer(408, { code: 'TIMEOUT' }),
    { status: 'queued', fault: 'path', reason: '408' },
  ],
  [
    '425 is kept',
    answer(425, { code: 'TOO_EARLY' }),
    { status: 'queued', fault: 'path', reason: '425' },
  ],
  [
    '429 is kept',
    answer(429, { code: 'RATE_LIMITED' }),
    { status: 'queued', fault: 'path', reason: '429' },
  ],
  [
    '500 is kept',
    answer(500, { code: 'INTERNAL' }),
    { status: 'queued', fault: 'path', reason: '500' },
  ],
  [
    '503 is kept',
    answer(503, { code: 'STORE_UNAVAILABLE' }),
    { status: 'queued', fault: 'path', reason: '503' },
  ],
  ['304 is kept', answer(304), { status: 'queued', fault: 'configuration', reason: '304' }],
  [
    'an event that does not match the schema is dropped',
    answer(400, { code: 'INVALID_BODY' }),
    { status: 'dropped', fault: 'event', reason: 'INVALID_BODY' },
  ],
  [
    '401 with a wrong signature is kept',
    answer(401, { code: 'SIGNATURE_INVALID', server_ts: 1 }),
    { status: 'queued', fault: 'configuration', reason: 'SIGNATURE_INVALID' },
  ],
  [
    'a refused origin is kept',
    answer(403, { code: 'ORIGIN_NOT_ALLOWED' }),
    { status: 'queued', fault: 'configuration', reason: 'ORIGIN_NOT_ALLOWED' },
  ],
  [
    'a wrong clock is corrected',
    answer(401, { code: 'SIGNATURE_TIMESTAMP_INVALID', server_ts: 1_700_000_000 }),
    {
      status: 'queued',
      fault: 'clock',
      reason: 'SIGNATURE_TIMESTAMP_INVALID',
      serverTs: 1_700_000_000,
    },
  ],
  [
    'a wrong clock without server_ts is kept as any other 401',
    answer(401, { code: 'SIGNATURE_TIMESTAMP_INVALID' }),
    { status: 'queued', fault: 'configuration', reason: 'SIGNATURE_TIMESTAMP_INVALID' },
  ],
  [
    '403 without a code is kept',
    answer(403, { message: 'forbidden' }),
    { status: 'queued', fault: 'configuration', reason: '403' },
  ],
  [
    '404 without a code is kept',
    answer(404, 'not found', 'text/plain'),
    { status: 'queued', fault: 'configuration', reason: '404' },
  ],
  [
    'WordPress without the plugin is kept, though its 404 has a code',
    answer(404, { code: 'rest_no_route', message: 'No route was found', data: { status: 404 } }),
    { status: 'queued', fault: 'configuration', reason: '404' },
  ],
  [
    'a firewall’s numeric code is kept',
    answer(403, { code: 1020 }),
    { status: 'queued', fault: 'configuration', reason: '403' },
  ],
  [
    'a captive portal’s 200 is kept',
    answer(200, '<!DOCTYPE html><title>Log in</title>', 'text/html; charset=utf-8'),
    { status: 'queued', fault: 'configuration', reason: '200' },
  ],
  [
    'HTML that calls itself text is kept',
    answer(200, '\n<html><body>parked</body></html>', 'text/plain'),
    { status: 'queued', fault: 'configuration', reason: '200' },
  ],
  [
    'HTML with a 4xx is kept',
    answer(400, '<html>', 'text/html'),
    { status: 'queued', fault: 'configuration', reason: '400' },
  ],
]

test.each(cases)('%s', (_, received, verdict) => {
  expect(judge(...received)).toEqual(verdict)
})

const table: Record<Code, CodeRow> = REFUSALS
const codes = Object.keys(table) as Code[]

test.each(codes)('%s falls under the row that its entry in the table names', (code) => {
  const { status, fault } = table[code]
  expect(judge(...answer(status, { code, server_ts: 1_700_000_000 })).fault).toBe(fault)
})

test('every status with every code: only the three codes of the event’s own fault drop it', () => {
  const dropping = []
  for (let status = 100; status < 600; status++)
    for (const code of [...codes, 'SOMETHING_NEW', 'rest_no_route', undefined])
      if (judge(...answer(status, { code })).status === 'dropped')
        dropping.push(status + ' ' + code)
  expect(dropping).toEqual(['400 INVALID_JSON', '400 INVALID_BODY', '413 PAYLOAD_TOO_LARGE'])
  expect(codes.filter((code) => FAULTS[table[code].fault].client === 'drop')).toHaveLength(3)
})

const faultByStatus = (status: number): Fault =>
  status >= 200 && status < 300
    ? 'nothing'
    : status === 0 || [408, 425, 429].includes(status) || status >= 500
      ? 'path'
      : 'configuration'

test('every status without a code falls under the row of the outcome table', () => {
  for (const status of [0, ...Array.from({ length: 500 }, (_, i) => 100 + i)])
    expect([status, judge(...answer(status)).fault]).toEqual([status, faultByStatus(status)])
})

test('a page of HTML never drops nor delivers an event, whatever it contains', () => {
  for (let status = 100; status < 600; status++)
    expect(
      judge(...answer(status, '{"code":"INVALID_BODY","status":"noop"}', 'text/html')).status,
    ).toBe('queued')
})

test.each(codes)('%s says who fixes it, and how', (code) => {
  const { fixedBy, remedy } = table[code]
  expect(['client', 'site', 'proxy', 'server', 'nobody']).toContain(fixedBy)
  expect(remedy).toMatch(/^[A-Z].{15,}\.$/)
})
