import { expect, test } from 'vitest'
import { judge, type Verdict } from './outcome.js'

const answer = (status: number, body: unknown = '', type = 'application/json') => ({
  status,
  text: typeof body === 'string' ? body : JSON.stringify(body),
  headers: new Headers(type ? { 'content-type': type } : {}),
})

const cases: [string, ReturnType<typeof answer>, Verdict][] = [
  ['a recorded event is delivered', answer(200, { status: 'matched' }), { status: 'delivered' }],
  [
    'an event recorded before is a duplicate',
    answer(200, { status: 'noop' }),
    { status: 'duplicate' },
  ],
  ['202 without a body is delivered', answer(202, '', ''), { status: 'delivered' }],
  ['204 is delivered', answer(204, '', ''), { status: 'delivered' }],
  [
    '2xx whose body is JSON but no object is delivered',
    answer(200, 'null'),
    { status: 'delivered' },
  ],
  ['no answer is kept', answer(0), { status: 'queued', reason: '0' }],
  ['408 is kept', answer(408, { code: 'TIMEOUT' }), { status: 'queued', reason: '408' }],
  ['425 is kept', answer(425, { code: 'TOO_EARLY' }), { status: 'queued', reason: '425' }],
  ['429 is kept', answer(429, { code: 'RATE_LIMITED' }), { status: 'queued', reason: '429' }],
  ['500 is kept', answer(500, { code: 'INTERNAL' }), { status: 'queued', reason: '500' }],
  ['503 is kept', answer(503, { code: 'STORE_UNAVAILABLE' }), { status: 'queued', reason: '503' }],
  ['304 is kept', answer(304), { status: 'queued', reason: '304' }],
  [
    '400 with the contract’s code is dropped',
    answer(400, { code: 'INVALID_BODY' }),
    { status: 'dropped', reason: 'INVALID_BODY' },
  ],
  [
    '401 with a wrong signature is dropped',
    answer(401, { code: 'SIGNATURE_INVALID', server_ts: 1 }),
    { status: 'dropped', reason: 'SIGNATURE_INVALID' },
  ],
  [
    '403 with the contract’s code is dropped',
    answer(403, { code: 'ORIGIN_NOT_ALLOWED' }),
    { status: 'dropped', reason: 'ORIGIN_NOT_ALLOWED' },
  ],
  [
    'a wrong clock is corrected',
    answer(401, { code: 'SIGNATURE_TIMESTAMP_INVALID', server_ts: 1_700_000_000 }),
    { status: 'queued', reason: 'SIGNATURE_TIMESTAMP_INVALID', serverTs: 1_700_000_000 },
  ],
  [
    'a wrong clock without server_ts is dropped as any other 4xx',
    answer(401, { code: 'SIGNATURE_TIMESTAMP_INVALID' }),
    { status: 'dropped', reason: 'SIGNATURE_TIMESTAMP_INVALID' },
  ],
  [
    '403 without a code is kept',
    answer(403, { message: 'forbidden' }),
    { status: 'queued', reason: '403' },
  ],
  [
    '404 without a code is kept',
    answer(404, 'not found', 'text/plain'),
    { status: 'queued', reason: '404' },
  ],
  [
    'WordPress without the plugin is kept, though its 404 has a code',
    answer(404, { code: 'rest_no_route', message: 'No route was found', data: { status: 404 } }),
    { status: 'queued', reason: '404' },
  ],
  [
    'a firewall’s numeric code is kept',
    answer(403, { code: 1020 }),
    { status: 'queued', reason: '403' },
  ],
  [
    'a captive portal’s 200 is kept',
    answer(200, '<!DOCTYPE html><title>Log in</title>', 'text/html; charset=utf-8'),
    { status: 'queued', reason: '200' },
  ],
  [
    'HTML that calls itself text is kept',
    answer(200, '\n<html><body>parked</body></html>', 'text/plain'),
    { status: 'queued', reason: '200' },
  ],
  [
    'HTML with a 4xx is kept',
    answer(400, '<html>', 'text/html'),
    { status: 'queued', reason: '400' },
  ],
]

test.each(cases)('%s', (_, received, verdict) => {
  expect(judge(received)).toEqual(verdict)
})
