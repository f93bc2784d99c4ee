import { ORIGIN, OTHER_SITE, SITE } from '../../../server-reference/src/testing/sign.js'
import {
  CALLS,
  changed,
  ENDPOINTS,
  fault,
  headOf,
  incoming,
  isAt,
  isPost,
  outgoing,
  read,
  refusal,
  type PlantedFault,
  type ReadRequest,
} from './plant.js'

const SYNC = ENDPOINTS[2]

/** Returns the request with another body, signed anew if it was signed. */
const rewritten = (found: ReadRequest, json: Record<string, unknown>): Request => {
  const body = JSON.stringify(json)
  return found.isSigned ? found.signed({ body }) : found.with({ body })
}
const invalid = (field: string): Response =>
  refusal(400, 'INVALID_BODY', { issues: [{ path: field, message: 'is not valid' }] })

/** Reads a field of a body in another way: a change of its value, or a refusal. */
const reads = (
  name: string,
  found: string,
  endpoint: (typeof ENDPOINTS)[number],
  field: string,
  isMeant: (value: unknown) => boolean,
  change: ((value: unknown) => unknown) | 'refuse',
): PlantedFault =>
  fault(
    `${endpoint.name} ${name}`,
    found,
    incoming(endpoint, (what) => {
      const { json } = what
      if (!json || !(field in json) || !isMeant(json[field])) return undefined
      if (change === 'refuse') return endpoint.isCall && !what.isSigned ? undefined : invalid(field)
      return rewritten(what, { ...json, [field]: change(json[field]) })
    }),
  )

const isEmpty = (value: unknown): boolean => value === ''
const isNull = (value: unknown): boolean => value === null
const is =
  (...texts: string[]) =>
  (value: unknown): boolean =>
    texts.includes(value as string)
const matches =
  (pattern: RegExp) =>
  (value: unknown): boolean =>
    typeof value === 'string' && pattern.test(value)
const absent = (): undefined => undefined

/** Numbers that a language's own conversion takes, and texts that a stricter one does not. */
const numbers = (
  endpoint: (typeof ENDPOINTS)[number],
  field: string,
  found: string,
): PlantedFault[] => [
  reads(`takes ${field} with spaces`, found, endpoint, field, matches(/^\s|\s$/), () => '1'),
  reads(`takes ${field} with underscores`, found, endpoint, field, matches(/_/), () => '1000'),
  reads(`takes ${field} with a comma`, found, endpoint, field, matches(/,/), () => '1.5'),
  reads(`takes ${field} in hexadecimal`, found, endpoint, field, matches(/^0x/), () => '16'),
  reads(`takes an infinite ${field}`, found, endpoint, field, is('Infinity', '1e999'), () => '1'),
  reads(`takes ${field} NaN`, found, endpoint, field, is('NaN'), () => null),
  reads(`takes an empty ${field}`, found, endpoint, field, isEmpty, () => '0'),
  reads(
    `takes ${field} in other digits`,
    found,
    endpoint,
    field,
    matches(/[\u0100-\uffff]/),
    () => 3,
  ),
  reads(`takes ${field} of any length`, found, endpoint, field, matches(/^.{65,}$/), () => '1'),
  reads(`refuses ${field} with an exponent`, found, endpoint, field, matches(/\de/i), 'refuse'),
  reads(`refuses ${field} with a sign`, found, endpoint, field, is('+1'), 'refuse'),
  reads(`refuses ${field} without an integer part`, found, endpoint, field, is('-.5'), 'refuse'),
]

const calls: PlantedFault[] = CALLS.flatMap((endpoint) => [
  ...['event_id', 'intent_action', 'intent_target', 'intent_stamp', 'intent_page_url'].map(
    (field) =>
      reads(`takes null in ${field} for absent`, 'body.not-null', endpoint, field, isNull, absent),
  ),
  ...['intent_action', 'intent_target', 'intent_stamp', 'intent_page_url', 'ua', 'gclid'].map(
    (field) =>
      reads(`refuses an empty ${field}`, 'body.empty-texts', endpoint, field, isEmpty, 'refuse'),
  ),
  ...numbers(endpoint, 'value', 'body.value'),
  reads(
    'takes an event_id without dashes',
    'body.event-id',
    endpoint,
    'event_id',
    matches(/^[\da-f]{32}$/),
    () => crypto.randomUUID(),
  ),
  reads('takes an event_id in braces', 'body.event-id', endpoint, 'event_id', matches(/^\{/), () =>
    crypto.randomUUID(),
  ),
  reads(
    'takes a site id in braces',
    'body.unknown-site',
    endpoint,
    'site_id',
    matches(/^\{/),
    (value) => String(value).slice(1, -1),
  ),
  fault(
    `${endpoint.name} keeps the first of two keys`,
    'body.doubled-key',
    incoming(endpoint, (found) => {
      const [first, second] = [...found.text.matchAll(/"event_id":"([^"]*)"/g)]
      return first && second && found.json
        ? rewritten(found, { ...found.json, event_id: first[1] })
        : undefined
    }),
  ),
])

const sync: PlantedFault[] = [
  ...(
    [
      ['u', 2_048],
      ['sid', 128],
      ['ec', 64],
      ['ea', 64],
      ['el', 512],
      ['r', 2_048],
    ] as const
  ).flatMap(([field, max]) => [
    reads(
      `cuts ${field} at ${max} characters`,
      'sync.lengths',
      SYNC,
      field,
      (value) => typeof value === 'string' && [...value].length > max,
      (value) => [...String(value)].slice(0, max).join(''),
    ),
    reads(
      `takes ${field} of ${max} UTF-16 units only`,
      'sync.lengths',
      SYNC,
      field,
      (value) => typeof value === 'string' && value.length > max && [...value].length <= max,
      'refuse',
    ),
    reads(
      `takes half of ${field} only`,
      'sync.lengths',
      SYNC,
      field,
      (value) => typeof value === 'string' && value.length > max / 2,
      'refuse',
    ),
    reads(
      `turns a number in ${field} into text`,
      'sync.types',
      SYNC,
      field,
      (value) => typeof value === 'number',
      String,
    ),
  ]),
  ...['el', 'r', 'ev'].map((field) =>
    reads(`refuses null in ${field}`, 'sync.null', SYNC, field, isNull, 'refuse'),
  ),
  reads('takes null in event_id for absent', 'sync.null', SYNC, 'event_id', isNull, absent),
  reads('takes null in u for empty', 'sync.null', SYNC, 'u', isNull, () => ''),
  ...['u', 'el', 'r'].map((field) =>
    reads(`refuses an empty ${field}`, 'sync.empty-texts', SYNC, field, isEmpty, 'refuse'),
  ),
  ...['sid', 'ec', 'ea'].map((field) =>
    reads(`takes an empty ${field}`, 'sync.empty-texts', SYNC, field, isEmpty, () => 'x'),
  ),
  ...numbers(SYNC, 'ev', 'sync.value'),
  reads('takes this century only', 'sync.months', SYNC, 'sm', matches(/^[01]\d{3}-/), 'refuse'),
  reads('takes the year 0', 'sync.months', SYNC, 'sm', matches(/^0000/), () => '2026-01-01'),
  fault(
    'sync takes meta of 1,024 bytes',
    'sync.meta',
    incoming(SYNC, ({ text }) => (text.length > 1_500 ? invalid('meta') : undefined)),
  ),
  fault(
    'sync takes a visitor of 64 characters',
    'sync.meta',
    incoming(SYNC, ({ json }) =>
      String(Object(json?.['meta']).fp ?? '').length > 64 ? invalid('meta.fp') : undefined,
    ),
  ),
  fault(
    'sync takes events null for a single event',
    'sync.events',
    incoming(SYNC, (found) =>
      found.json?.['events'] === null
        ? found.with({ body: JSON.stringify({ ...found.json, events: undefined }) })
        : undefined,
    ),
  ),
  fault('sync counts what is new only', 'sync.accepted-known', () => {
    const seen = new Set<unknown>()
    return async (request, ask) => {
      if (!isAt(request, SYNC) || !isPost(request)) return ask(request)
      const found = await read(request)
      const ids = [
        found.json,
        ...(Array.isArray(found.json?.['events']) ? found.json['events'] : []),
      ]
        .map((event: unknown) => Object(event).event_id as unknown)
        .filter((id) => id !== undefined)
      const known = ids.filter((id) => seen.has(id)).length
      for (const id of ids) seen.add(id)
      return changed(await ask(found.with({})), {
        json: (json) => ({ ...json, accepted: Number(json['accepted']) - known }),
      })
    }
  }),
  fault('sync and calls share one cache of ids', 'sync.own-ids', () => {
    const seen = new Set<unknown>()
    return async (request, ask) => {
      if (!isPost(request)) return ask(request)
      const isSync = isAt(request, SYNC)
      const found = await read(request)
      const id = found.json?.['event_id']
      if (isSync && id !== undefined) seen.add(id)
      return !isSync && id !== undefined && seen.has(id)
        ? Response.json({ status: 'noop', request_id: 'r' })
        : ask(found.with({}))
    }
  }),
  fault(
    'sync verifies a page’s request that has a signature header',
    'sync.signature-ignored',
    incoming(SYNC, (found, { headers }) =>
      headers.get('origin') === ORIGIN && headers.has('x-ops-signature') && !found.isSigned
        ? refusal(401, 'SIGNATURE_INVALID', { server_ts: Math.floor(Date.now() / 1000) })
        : undefined,
    ),
  ),
  fault(
    'sync takes the first site of a batch for all',
    'sync.two-sites',
    incoming(SYNC, (found) => {
      const events = found.json?.['events']
      if (!Array.isArray(events) || found.isSigned) return undefined
      const { s } = Object(events[0])
      const same = events.map((event: unknown) =>
        typeof event === 'object' && event !== null && Object(event).s === OTHER_SITE.publicId
          ? { ...event, s }
          : event,
      )
      return found.with({ body: JSON.stringify({ events: same }) })
    }),
  ),
  fault(
    'sync compares the first site of a signed batch only',
    'sync.batch-mismatch',
    incoming(SYNC, (found) => {
      const events = found.json?.['events']
      if (!Array.isArray(events) || !found.isSigned) return undefined
      return Object(events[0]).s === SITE.publicId && Object(events[1]).s === OTHER_SITE.publicId
        ? found.with({ headers: { origin: ORIGIN } })
        : undefined
    }),
  ),
]

const requests: PlantedFault[] = ENDPOINTS.flatMap((endpoint) => [
  fault(`${endpoint.name} repeats a bad value in issues`, 'body.issues-discreet', () => {
    return async (request, ask) => {
      if (!isAt(request, endpoint) || !isPost(request)) return ask(request)
      const found = await read(request)
      const response = await ask(found.with({}))
      return response.status === 400
        ? changed(response, {
            json: (json) => ({ ...json, issues: [{ path: 'x', message: `got ${found.text}` }] }),
          })
        : response
    }
  }),
  ...(
    [
      ['takes any type that ends in +json', 'order.other-types', 'content-type', /\+json$/],
      ['takes text/json', 'order.other-types', 'content-type', /^text\/json$/],
    ] as const
  ).map(([name, id, header, pattern]) =>
    fault(
      `${endpoint.name} ${name}`,
      id,
      incoming(endpoint, (found, { headers }) =>
        pattern.test(headers.get(header) ?? '')
          ? found.with({ headers: { [header]: 'application/json' } })
          : undefined,
      ),
    ),
  ),
  fault(
    `${endpoint.name} takes Content-Encoding: identity`,
    'small-print.content-encoding',
    incoming(endpoint, (found, { headers }) =>
      headers.get('content-encoding') === 'identity'
        ? found.with({ headers: { 'content-encoding': null } })
        : undefined,
    ),
  ),
  fault(
    `${endpoint.name} answers HEAD with 200`,
    'endpoints.method',
    () => (request, ask) =>
      isAt(request, endpoint) && request.method === 'HEAD'
        ? new Response(null, { headers: { 'x-request-id': 'r' } })
        : ask(request),
  ),
  fault(
    `${endpoint.name} says which secret matched in the value of a header`,
    'signature.next-secret',
    () => async (request, ask) => {
      if (!isAt(request, endpoint) || !isPost(request)) return ask(request)
      const found = await read(request)
      const isCurrent =
        found.signed({}).headers.get('x-ops-signature') ===
        found.with({}).headers.get('x-ops-signature')
      return changed(await ask(found.with({})), {
        headers: { 'x-key': isCurrent ? 'current' : 'next' },
      })
    },
  ),
  fault(
    `${endpoint.name} says that a site is unknown in the value of a header`,
    'signature.unknown-site',
    () => async (request, ask) => {
      const kept = headOf(request)
      const response = await ask(request)
      const isUnknown = kept.headers.get('x-ops-site-id')?.includes('dead')
      return isAt(kept, endpoint) && response.status === 401
        ? changed(response, {
            headers: { 'www-authenticate': isUnknown ? 'Ops realm="none"' : 'Ops realm="site"' },
          })
        : response
    },
  ),
])

const others: PlantedFault[] = [
  fault(
    'V1 takes the Referer for an origin',
    'origin.required',
    incoming(ENDPOINTS[0], (found, { headers }) =>
      headers.has('referer') && !headers.has('origin')
        ? found.with({ headers: { origin: ORIGIN } })
        : undefined,
    ),
  ),
  fault(
    'sync takes X-Ops-Proxy of any value',
    'origin.required',
    incoming(SYNC, (found, { headers }) =>
      headers.get('x-ops-proxy') === 'yes'
        ? found.with({ headers: { 'x-ops-proxy': '1' } })
        : undefined,
    ),
  ),
  fault(
    'V2 counts every IPv6 address apart',
    'limit.v2-ipv6',
    incoming(ENDPOINTS[1], (found, { headers }) => {
      const address = headers.get('x-forwarded-for') ?? ''
      return address.includes(':') && address !== '2001:db8:1:2::1'
        ? found.with({
            headers: { 'x-forwarded-for': `2001:db8:${(sum(address) % 60_000).toString(16)}::1` },
          })
        : undefined
    }),
  ),
  fault(
    'V2 takes all of IPv6 for one visitor',
    'limit.v2-ipv6',
    incoming(ENDPOINTS[1], (found, { headers }) =>
      headers.get('x-forwarded-for')?.includes(':')
        ? found.with({ headers: { 'x-forwarded-for': '2001:db8::1' } })
        : undefined,
    ),
  ),
  fault('request ids are cut at 64 characters', 'endpoints.request-id-kept', () => {
    return async (request, ask) => {
      const id = request.headers.get('x-request-id')
      const response = await ask(request)
      return id && id.length > 64
        ? changed(response, { headers: { 'x-request-id': id.slice(0, 64) } })
        : response
    }
  }),
  fault(
    'request ids with other marks than a dash are replaced',
    'endpoints.request-id-kept',
    () => {
      return async (request, ask) => {
        const id = request.headers.get('x-request-id')
        const response = await ask(request)
        return id && /[^\w-]/.test(id)
          ? changed(response, { headers: { 'x-request-id': crypto.randomUUID() } })
          : response
      }
    },
  ),
  fault(
    'health shows the host of its database',
    'health.discreet',
    outgoing((request) => request.url.endsWith('/api/health'), {
      json: (json) => ({ ...json, database: 'db-1.internal:5432' }),
    }),
  ),
]

const sum = (text: string): number => {
  let all = 7
  for (const char of text) all = (all * 31 + char.charCodeAt(0)) % 1_000_003
  return all
}

/** Faults in how the fields of bodies are read, and in what a response says by the way. */
export const FIELD_FAULTS: PlantedFault[] = [...calls, ...sync, ...requests, ...others]
