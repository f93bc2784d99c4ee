/** A sentence that only introduces its neighbours, or a table's head. The page leaves it out. */
const FRAME = null
const DATABASE = {
  unseen: 'Inside the database; the reference server’s own tests run it as `anon`.',
}
const START = { unseen: 'The server’s start; the vectors have cases (`origin_lists`).' }
const STORE = {
  unseen: 'The shared store would have to be away; `npm run test:services` does that.',
}
const MANY = { unseen: '6,000 requests are no test of somebody else’s server.' }
const INSIDE = { unseen: 'Inside the server.' }

export type LookedAt = string | { unseen: string } | null

const SITES: LookedAt = {
  unseen:
    'Which origins sites name is the server’s configuration; the reference server’s own tests change it.',
}
const READING: LookedAt = {
  unseen: 'The kit is given no token of a site; the reference server’s own tests read with one.',
}
const WEBHOOKS: LookedAt = {
  unseen:
    'The server would have to reach a receiver of the kit’s; the reference server’s own tests have receivers that fail in every way.',
}

/**
 * For each section of docs/contract.md: the beginning of each sentence or table row, as far as it takes to tell it from
 * its neighbours, with the ids of its checks or the reason why it cannot be seen from outside.
 *
 * docs/conformance-coverage.md is generated from this and from the contract.
 */
export const COVERAGE: Record<number, Record<string, LookedAt>> = {
  1: {
    'Method and path': FRAME,
    'POST /api/call-event a browser': 'signature.good, origin.required',
    'POST /api/call-event/v2': 'signature.good, origin.v2-without',
    'POST /api/sync': 'sync.one, sync.unsigned',
    'OPTIONS on': 'origin.preflight',
    'GET /api/health': 'health.shape',
    'GET /api/live': 'live.call',
    'GET /openapi.json': 'endpoints.openapi, endpoints.docs',
    'GET /assets': {
      unseen: 'Part of the reference server; a conformant server may leave it out.',
    },
    'GET /api/calls': READING,
    'GET / people': {
      unseen: 'A page for people; the reference server’s own tests open it in a browser.',
    },
    'Any other path':
      'endpoints.unknown-path, endpoints.method, endpoints.health-method, endpoints.query',
    'Every response MUST be JSON': 'endpoints.json',
    'Every response MUST carry':
      'endpoints.request-id, endpoints.request-id-kept, endpoints.request-id-malformed',
  },
  2: {
    'ALLOWED_ORIGINS is': FRAME,
    'Every endpoint': 'origin.denied, live.foreign-origin',
    'An entry is': 'origin.exact',
    'It is compared': {
      unseen:
        'How an entry is written is the server’s configuration; the vectors have cases (`origins`).',
    },
    'A path, a query': START,
    'An entry MAY': {
      unseen: 'The server’s configuration and its clock; the vectors have cases (`origins`).',
    },
    'The entry is accepted': {
      unseen: 'The server’s configuration and its clock; the vectors have cases (`origins`).',
    },
    'There is no subdomain': 'origin.exact',
    'http is not': 'origin.exact',
    'null is never': 'origin.null',
    'The allowlist is what': SITES,
    'The server reads it again': SITES,
    'sites,https': SITES,
    'Either way, a site': SITES,
    'Any other origin gets': SITES,
    '* is accepted': 'origin.no-credentials',
    'In production': START,
    'The server MUST answer a preflight': 'origin.preflight-first, limit.preflight-free',
    'An allowed origin gets': 'origin.preflight, origin.preflight-exact',
    'A denied origin gets': 'origin.preflight-denied',
    'A POST whose origin': 'origin.denied, origin.denied-signed, origin.denied-unreadable',
    'Every response on these': 'origin.vary',
    'Every response to an allowed': 'origin.success-readable, origin.exposed, origin.once',
    'This includes errors':
      'origin.errors-readable, origin.not-found-readable, limit.v1, socket.bad-request, socket.headers-too-large, socket.timeout',
    'A response MUST NOT carry': 'origin.no-credentials, socket.denied-origin',
    'A request without an Origin': 'origin.v2-without',
    'On V1 and on sync': 'origin.required',
    'A sync request that carries': 'origin.sync-signed, origin.sync-unsigned',
    'With signing disabled': 'origin.signing-disabled',
  },
  3: {
    'Message:': 'signature.body-bytes, signature.timestamp-signed, signature.not-a-guess',
    'Nothing is parsed': 'signature.body-bytes, signature.body-changed, signature.bom',
    'X-Ops-Signature: HMAC':
      'signature.good, signature.wrong, signature.upper-case, signature.malformed',
    'X-Ops-Ts: Unix': 'signature.malformed',
    'Accepted while':
      'signature.window-past, signature.window-future, signature.window-edge, signature.window-exact',
    'X-Ops-Site-Id: the': 'signature.site-form',
    'A site has': 'signature.next-secret',
    'A secret MUST': { unseen: 'Secrets are created on the server’s command line.' },
    'The database verifies': DATABASE,
    'If the database can be reached': DATABASE,
    'Secrets stay': DATABASE,
    'The API enforces': 'signature.window-past, signature.window-future',
    "The API's clock decides": 'signature.window-edge, signature.window-exact',
    'The comparison MUST NOT': {
      unseen: 'The network hides a difference of nanoseconds; the code has to be read.',
    },
    'In SQL': 'signature.backslashes',
    'Both secrets': 'signature.next-secret',
    'An error from the verifier': { unseen: 'The database would have to fail.' },
    'Bodies are UTF-8': 'signature.invalid-utf8',
    'Within step 6':
      'order.window-before-verification, signature.invalid-utf8, order.within-signature',
    'A body that is not valid': 'signature.invalid-utf8',
    'The server MUST NOT silently': 'signature.invalid-utf8, signature.bom',
    'A header that arrives': 'signature.doubled',
    'X-Ops-Ts is signed': 'signature.timestamp-signed',
    'The signature is lower-cased': 'signature.replay-case',
    '401 is': 'signature.server-ts',
    'server_ts lets': 'signature.server-ts, client.clock',
    'C is one of': FRAME,
    'SIGNATURE_REQUIRED: a': 'signature.required, signature.malformed',
    'SIGNATURE_TIMESTAMP_INVALID: outside': 'signature.window-past, signature.window-future',
    'SIGNATURE_INVALID: wrong': 'signature.wrong, signature.unknown-site, signature.header-site',
    'The two MUST NOT': 'signature.unknown-site',
    'SITE_MISMATCH: header': 'signature.site-mismatch, signature.other-site',
    'If the verifier cannot': { unseen: 'The database would have to be away.' },
    'Fail closed': { unseen: 'The database would have to be away.' },
  },
  4: {
    CALL_EVENT_SIGNING_DISABLED: {
      unseen: 'A switch of the server; while it is on, `signature.wrong` fails.',
    },
    'The server logs one': 'origin.signing-disabled',
    'The origin allowlist': 'origin.signing-disabled',
  },
  5: {
    'Each step':
      'order.origin-before-size, order.size-before-type, order.type-before-signature, order.signature-before-json, order.schema-before-site, order.site-before-mismatch, order.json-before-schema, order.method-first',
    'The order is': FRAME,
    'Method and path': 'endpoints.method',
    'Origin.': 'order.origin-before-size',
    'Declared or actual': 'order.size-exact, order.size-counted, order.size-before-type',
    'Content type': 'order.content-types, order.other-types',
    'Limits that need': 'limit.before-signature, limit.after-type',
    'Signature headers':
      'order.type-before-signature, order.signature-before-json, order.window-before-verification',
    'JSON, then schema': 'body.json, body.empty, body.not-an-object, body.types',
    'site_id resolves': 'body.unknown-site, order.schema-before-site, signature.site-mismatch',
    'Per-site limit': 'limit.v1, limit.v2',
    'Replay.': 'idempotency.event-id, idempotency.signature',
    'Insert.': 'answer.unmatched',
    'Respond, then': 'live.call, live.duplicates',
    'A statement MUST NOT': DATABASE,
  },
  6: {
    'Field Type': FRAME,
    'site_id string': 'body.required, body.lengths',
    'fingerprint string': 'body.required, body.lengths',
    'event_id UUID': 'body.event-id, client.retries',
    'intent_action string': 'body.lengths, body.full',
    'intent_target string': 'body.lengths, body.full',
    'intent_stamp string': 'body.lengths, client.stamp',
    'intent_page_url string': 'body.lengths',
    'phone_number string': 'body.lengths, body.null',
    'action, url': 'body.lengths, body.null',
    'click_id, gclid': 'body.lengths, body.null',
    'value number': 'body.value',
    'The server MUST drop': 'body.unknown-fields, body.prototype',
    'The tracker itself': 'client.body, client.body-of-hostile-page',
    'A body with site_id': 'body.minimal',
    'Time of the press': 'live.occurred-at',
    'It is stored beside': 'live.occurred-at',
    'event_id MAY': 'body.event-id, idempotency.last-digit',
    'A tracker creates': { unseen: 'Other trackers may create other versions.' },
  },
  7: {
    'Status Body': FRAME,
    '200 {"status":"matched"':
      'answer.matched, answer.matched-by-fingerprint, answer.matched-v2, answer.matched-by-site, answer.matched-by-press',
    '200 {"status":"unmatched"': 'answer.unmatched',
    '200 {"status":"noop"': 'idempotency.event-id',
    '400, 401': 'answer.error-sentence, answer.no-secret',
    'error is a': 'answer.error-sentence',
    'Codes. What': FRAME,
    'If the session': 'live.matched-late',
  },
  8: {
    'Replay cache':
      'idempotency.event-id, idempotency.signature, signature.replay-case, idempotency.both-endpoints, idempotency.per-site',
    'Database: unique':
      'idempotency.event-id, idempotency.event-id-case, idempotency.two-events, idempotency.last-digit, read.once, read.without-event-id',
    'If the body differs': 'idempotency.other-body, read.once',
    'A key counts':
      'body.refused-is-not-seen, limit.v1, signature.refused-is-not-seen, durable.acknowledged, durable.sessions, read.fields, read.refused',
    'A key and its': { unseen: 'Inside the server; `npm run test:services` kills it in between.' },
    "The database's unique": 'idempotency.at-once',
    'If the replay cache': STORE,
  },
  9: {
    'Limit Counted': FRAME,
    'address every': MANY,
    'coarse V1': 'limit.before-signature, limit.sync, limit.own-buckets, limit.user-agent',
    'V1 after': 'limit.v1, limit.per-site',
    'V2 after': 'limit.v2, limit.v2-visitor',
    'site after': MANY,
    'share as': MANY,
    'Each limit': { unseen: 'The server’s configuration.' },
    'share exists': MANY,
    'The address is the': 'limit.spoofed-address',
    'This applies': 'limit.spoofed-address',
    'A first-party proxy is not': FRAME,
    "The visitor's address that": 'limit.spoofed-address, limit.v2-visitor',
    'A spoofed header': 'limit.spoofed-address, limit.spoofed-address-sync',
    'Before the signature, a V2': 'limit.v2-address-only',
    'X-Ops-Proxy-Host is': 'limit.v2, limit.proxy-host',
    'Parts of a key': INSIDE,
    'An IPv6': { unseen: 'The kit has one address.' },
    'The in-memory': INSIDE,
    '429 is': 'limit.v1, answer.error-words',
    'Every counted': 'limit.headers, limit.counts-down',
    'If the shared store': STORE,
    'It MUST NOT turn': STORE,
    'The server judges': STORE,
    'A store that': STORE,
    'It is up again': STORE,
    'No request waits': STORE,
  },
  10: {
    '{"s": site id':
      'sync.one, sync.batch, sync.batch-of-one, sync.batch-too-long, sync.required, sync.month, sync.unknown-fields, sync.query, sync.malformed, sync.unknown-site',
    'The response is': 'sync.one',
    'A batch MUST': 'sync.whole-or-not, sync.bad-event-named',
    'The first event': 'sync.session-once',
    'event_id makes': 'sync.event-id',
  },
  11: {
    'GET /api/health': 'health.shape, health.clock, health.not-cached, health.http-1-0',
    'A warning is': 'health.warnings',
    'Codes are': 'health.warnings',
    'The response MUST NOT': 'health.discreet',
  },
  12: {
    'GET /api/live': 'live.call',
    'An origin that is missing': 'live.no-origin, live.foreign-origin, live.refusal-json',
    "The server's own": { unseen: 'A page of the server’s own would have to be opened.' },
    'The feed shows': 'live.token, live.token-exact, live.token-query',
    '?token=': { unseen: 'The server’s log.' },
    'Without it': 'live.token',
    'LIVE_TOKEN opens': 'live.call',
    'Every accepted': { unseen: 'The server’s log and metrics.' },
    'Messages are JSON': 'live.call, live.sync-and-refused',
    'The server pings': 'live.ping',
    'A reader that falls': { unseen: 'The kit would have to fill the server’s buffers.' },
    'With more than one': {
      unseen: 'How many processes there are; `npm run test:services` starts two.',
    },
    'A reader that reconnects': 'live.after, live.after-elsewhere',
    'A call MAY': 'live.after',
    'Each process': FRAME,
  },
  13: {
    'Only what is wrong': 'client.drops, client.keeps-refused',
    'Response What': FRAME,
    'any 2xx': 'client.once, client.noop, client.stops, client.empty-2xx',
    '400 INVALID_JSON': 'client.drops',
    '401 SIGNATURE_TIMESTAMP_INVALID': 'client.clock',
    'no response':
      'client.no-answer, client.retryable, client.retries, client.retry-after, client.retry-after-date',
    'everything else':
      'client.keeps-refused, client.retries-rarely, client.reopen-waits, client.html, client.no-code',
    'The rows are tried': 'client.retryable',
    'Every attempt': 'client.same-body, client.retries, client.signed, client.unsigned',
    'The attempt count': 'client.reopen-waits, client.reopen-keeps',
    'What a client keeps is bounded': {
      unseen: 'Seven days, or a hundred events; the reference tracker’s own tests have it.',
    },
    'Each dropped item': { unseen: 'Inside the client.' },
    'What a client keeps MUST': 'client.reopen-keeps',
    'A client MUST NOT have': 'client.four-at-once, client.gives-up',
    'A browser cannot': FRAME,
  },
  14: {
    'A first-party proxy receives': 'proxy.forwards',
    'It MUST refuse':
      'proxy.foreign-origin, proxy.foreign-origin-code, proxy.size, proxy.not-an-object, proxy.site-missing, proxy.site-other',
    'It signs': 'proxy.bytes, proxy.signature, proxy.signature-anew',
    'It forwards them': 'proxy.forwards, proxy.marks, proxy.forwarded-for, proxy.content-type',
    'It waits': 'proxy.timeout, proxy.slow-body, proxy.oversized, proxy.unreachable',
    'It returns':
      'proxy.answers, proxy.empty-answers, proxy.html, proxy.redirect, proxy.private, proxy.method',
    'A further origin': 'proxy.further-origin, proxy.foreign-preflight',
    'It MUST NOT reveal': 'proxy.secret',
    'Without a configured': 'proxy.not-configured',
    'It also forwards': 'proxy.sync',
  },
  16: {
    'session_id in': 'answer.matched',
    'Input MUST NOT': 'body.no-5xx, body.unstorable, body.surrogate-pair',
    'One data folder': { unseen: 'On the server’s machine.' },
    'The embedded database has': { unseen: 'On the server’s machine.' },
    'The embedded database survives': { unseen: 'On the server’s machine.' },
    'Content-Encoding on': 'small-print.content-encoding',
    'Headers over 16': 'small-print.headers, socket.headers-too-large, socket.timeout',
    'Every refusal': INSIDE,
  },
  17: {
    'Recorded calls. GET': READING,
    'as JSON with': READING,
    'with Accept': READING,
    'with ?format': READING,
    'Without a token': READING,
    'Webhooks. A site': WEBHOOKS,
    'Each recorded call': WEBHOOKS,
    'Retries continue': WEBHOOKS,
    'site erase --fingerprint': {
      unseen: 'A command on the server’s machine; the reference server’s own tests run it.',
    },
    'RETENTION_DAYS (default': {
      unseen: 'It takes days; the reference server’s own tests move its clock.',
    },
    'A retry of a removed': {
      unseen: 'It takes days; the reference server’s own tests move its clock.',
    },
  },
}
