import { ORIGIN, OTHER_SITE, SITE } from '../../../server-reference/src/testing/sign.js'
import { CALL_FIELDS, type CallField } from '../../../src/contract/index.js'
import {
  CALLS,
  ENDPOINTS,
  fault,
  incoming,
  isAt,
  isPost,
  isPreflight,
  read,
  refusal,
  type PlantedFault,
  type ReadRequest,
} from './plant.js'

const { hostname, protocol } = new URL(ORIGIN)

/** Longest value of each field of a call event. */
const FIELD_MAX: Record<string, number> = Object.fromEntries(
  Object.entries<CallField>(CALL_FIELDS).map(([name, { max }]) => [name, max]),
)

/** Origins that a careless comparison allows. */
const CARELESS: [name: string, isAllowed: (origin: string) => boolean, found: string][] = [
  ['every origin', () => true, 'origin.denied'],
  ['origins that end in the allowed host', (origin) => origin.endsWith(hostname), 'origin.exact'],
  [
    'origins that begin with the allowed one',
    (origin) => origin.startsWith(ORIGIN),
    'origin.exact',
  ],
  ['origins that hold the allowed one', (origin) => origin.includes(ORIGIN), 'origin.exact'],
  ['subdomains', (origin) => origin.endsWith('.' + hostname), 'origin.exact'],
  ['every scheme', (origin) => origin.replace(/^http:/, 'https:') === ORIGIN, 'origin.exact'],
  ['every port', (origin) => origin.replace(/:\d+$/, '') === ORIGIN, 'origin.exact'],
  [
    'a dot that stands for any character',
    (origin) => new RegExp(`^${ORIGIN}$`).test(origin),
    'origin.exact',
  ],
  ['the origin null', (origin) => origin === 'null', 'origin.null'],
  [
    'the first of two origins',
    (origin) => origin.split(', ')[0] === ORIGIN && origin !== ORIGIN,
    'origin.exact',
  ],
  [
    'www of the allowed host',
    (origin) => origin === `${protocol}//www.${hostname}`,
    'origin.exact',
  ],
]

const careless: PlantedFault[] = ENDPOINTS.flatMap((endpoint) =>
  CARELESS.map(([name, isAllowed, id]) =>
    fault(`${endpoint.name} allows ${name}`, id, () => async (request, ask) => {
      const origin = request.headers.get('origin')
      if (!isAt(request, endpoint) || origin === null || !isAllowed(origin)) return ask(request)
      const found = await read(request)
      return ask(found.with({ headers: { origin: ORIGIN } }))
    }),
  ),
)

/** Requests without an origin that a server may not take. */
const originless: PlantedFault[] = [
  ...ENDPOINTS.filter(({ name }) => name !== 'V2').map((endpoint) =>
    fault(
      `${endpoint.name} takes a missing Origin for its own`,
      'origin.required',
      incoming(endpoint, (found, { headers }) =>
        headers.has('origin') ? undefined : found.with({ headers: { origin: ORIGIN } }),
      ),
    ),
  ),
  fault(
    'V1 takes a signed request without Origin',
    'origin.required',
    incoming(ENDPOINTS[0], (found, { headers }) =>
      found.isSigned && !headers.has('origin')
        ? found.with({ headers: { origin: ORIGIN } })
        : undefined,
    ),
  ),
  fault(
    'V1 takes X-Ops-Proxy for an origin',
    'origin.required',
    incoming(ENDPOINTS[0], (found, { headers }) =>
      headers.has('x-ops-proxy') && !headers.has('origin')
        ? found.with({ headers: { origin: ORIGIN } })
        : undefined,
    ),
  ),
  fault(
    'sync takes X-Ops-Proxy for an origin, whatever the signature',
    'origin.sync-unsigned',
    incoming(ENDPOINTS[2], (found, { headers }) =>
      headers.has('x-ops-proxy') && !headers.has('origin')
        ? found.with({ headers: { origin: ORIGIN } })
        : undefined,
    ),
  ),
  fault(
    'sync takes any signature for an origin, without X-Ops-Proxy',
    'origin.required',
    incoming(ENDPOINTS[2], (found, { headers }) =>
      found.isSigned && !headers.has('origin')
        ? found.with({ headers: { 'x-ops-proxy': '1' } })
        : undefined,
    ),
  ),
  fault(
    'V2 wants an Origin',
    'origin.v2-without',
    incoming(ENDPOINTS[1], (_, { headers }) =>
      headers.has('origin') ? undefined : refusal(403, 'ORIGIN_REQUIRED'),
    ),
  ),
  fault(
    'sync wants an Origin of a proxy',
    'origin.sync-signed',
    incoming(ENDPOINTS[2], (_, { headers }) =>
      headers.has('origin') ? undefined : refusal(403, 'ORIGIN_REQUIRED'),
    ),
  ),
]

const hasHeaders = ({ ts, site }: ReadRequest): boolean => /^\d{9,12}$/.test(ts) && site !== ''
const now = (): string => String(Math.floor(Date.now() / 1000))

/** Signatures that a careless server takes, or good ones that it does not. */
const SIGNATURES: [
  name: string,
  found: string,
  change: (found: ReadRequest, request: Request) => Request | Response | undefined,
][] = [
  [
    'verifies nothing',
    'signature.wrong',
    (found) =>
      hasHeaders(found) && found.site !== '' && !found.isSigned ? found.signed({}) : undefined,
  ],
  [
    'compares half of the signature',
    'signature.wrong',
    (found, { headers }) => {
      const sent = headers.get('x-ops-signature') ?? ''
      const right = found.signed({}).headers.get('x-ops-signature')!
      return hasHeaders(found) && sent.slice(0, 32) === right.slice(0, 32)
        ? found.signed({})
        : undefined
    },
  ],
  [
    'compares all but the last digit',
    'signature.wrong',
    (found, { headers }) => {
      const right = found.signed({}).headers.get('x-ops-signature')!
      return headers.get('x-ops-signature')?.slice(0, -1) === right.slice(0, -1)
        ? found.signed({})
        : undefined
    },
  ],
  [
    'needs no signature',
    'signature.required',
    (found, { headers }) =>
      headers.has('x-ops-signature')
        ? undefined
        : found.signed({ ts: found.ts || now(), site: found.site || SITE.publicId }),
  ],
  [
    'needs no timestamp',
    'signature.required',
    (found, { headers }) => (headers.has('x-ops-ts') ? undefined : found.signed({ ts: now() })),
  ],
  [
    'needs no site',
    'signature.required',
    (found, { headers }) =>
      headers.has('x-ops-site-id') || !headers.has('x-ops-ts')
        ? undefined
        : found.signed({ site: SITE.publicId }),
  ],
  [
    'reads a timestamp as a number',
    'signature.malformed',
    (found) => {
      const value = Number.parseFloat(found.ts)
      return found.ts !== '' && !/^\d{9,12}$/.test(found.ts) && value > 1e9 && value < 1e10
        ? found.signed({ ts: String(Math.floor(value)) })
        : undefined
    },
  ],
  [
    'takes the first of two headers',
    'signature.doubled',
    (found, { headers }) => {
      const first = Object.fromEntries(
        ['x-ops-site-id', 'x-ops-ts', 'x-ops-signature'].map((name) => [
          name,
          headers.get(name)?.split(', ')[0] ?? null,
        ]),
      )
      return found.with({ headers: first })
    },
  ],
  [
    'refuses upper-case digits',
    'signature.upper-case',
    (_, { headers }) =>
      /[A-F]/.test(headers.get('x-ops-signature') ?? '')
        ? refusal(401, 'SIGNATURE_INVALID', { server_ts: Number(now()) })
        : undefined,
  ],
  [
    'compares site ids by case',
    'signature.site-form',
    (found) =>
      /[A-F]/.test(found.site)
        ? refusal(401, 'SIGNATURE_INVALID', { server_ts: Number(now()) })
        : undefined,
  ],
  [
    'verifies a body that it has written again',
    'signature.body-bytes',
    (found) =>
      found.isSigned && found.json && JSON.stringify(found.json) !== found.text
        ? refusal(401, 'SIGNATURE_INVALID', { server_ts: Number(now()) })
        : undefined,
  ],
  [
    'verifies a trimmed body',
    'signature.body-bytes',
    (found) =>
      found.isSigned && found.text.trim() !== found.text
        ? refusal(401, 'SIGNATURE_INVALID', { server_ts: Number(now()) })
        : undefined,
  ],
  [
    'signs what the parser understood',
    'signature.body-changed',
    (found, { headers }) => {
      if (!found.json) return undefined
      const plain = found.signed({ body: JSON.stringify(found.json) })
      return plain.headers.get('x-ops-signature') === headers.get('x-ops-signature')
        ? plain
        : undefined
    },
  ],
  [
    'leaves the timestamp out of the message',
    'signature.timestamp-signed',
    (found) => {
      // The signature of another second within the window is as good.
      for (let back = 0; back < 12; back++) {
        const ts = String(Number(found.ts) + back)
        const made = found.signed({ ts })
        if (made.headers.get('x-ops-signature') === found.with({}).headers.get('x-ops-signature'))
          return made
      }
      return undefined
    },
  ],
  [
    'has no window for the past',
    'signature.window-past',
    (found) => (found.isSigned && found.age > 300 ? found.signed({ ts: now() }) : undefined),
  ],
  [
    'has a window of 600 s',
    'signature.window-past',
    (found) =>
      found.isSigned && found.age > 300 && found.age < 600
        ? found.signed({ ts: now() })
        : undefined,
  ],
  [
    'has a window of 301 s',
    'signature.window-exact',
    (found) => (found.isSigned && found.age === 301 ? found.signed({ ts: now() }) : undefined),
  ],
  [
    'has a window of 299 s',
    'signature.window-exact',
    (found) =>
      found.age === 300
        ? refusal(401, 'SIGNATURE_TIMESTAMP_INVALID', { server_ts: Number(now()) })
        : undefined,
  ],
  [
    'has no window for the future',
    'signature.window-future',
    (found) => (found.isSigned && found.age < -60 ? found.signed({ ts: now() }) : undefined),
  ],
  [
    'has a window of 300 s for the future',
    'signature.window-future',
    (found) =>
      found.isSigned && found.age < -60 && found.age > -300
        ? found.signed({ ts: now() })
        : undefined,
  ],
  [
    'has a window of 61 s for the future',
    'signature.window-exact',
    (found) => (found.isSigned && found.age === -61 ? found.signed({ ts: now() }) : undefined),
  ],
  [
    'has a window of 59 s for the future',
    'signature.window-exact',
    (found) =>
      found.age === -60
        ? refusal(401, 'SIGNATURE_TIMESTAMP_INVALID', { server_ts: Number(now()) })
        : undefined,
  ],
  [
    'calls a stale request wrongly signed',
    'signature.window-past',
    (found) =>
      found.age > 300 ? refusal(401, 'SIGNATURE_INVALID', { server_ts: Number(now()) }) : undefined,
  ],
  [
    'has another code for a site that does not exist',
    'signature.unknown-site',
    (found) =>
      found.site.includes('dead')
        ? refusal(401, 'UNKNOWN_SITE', { server_ts: Number(now()) })
        : undefined,
  ],
  [
    'lets one site’s secret write for another',
    'signature.site-mismatch',
    (found) => {
      const field =
        found.json && ['site_id', 's'].find((name) => typeof found.json![name] === 'string')
      if (!field || !found.isSigned) return undefined
      const named = String(found.json![field]).replaceAll('-', '').toLowerCase()
      const isOther = [OTHER_SITE.publicId, OTHER_SITE.id.replaceAll('-', '')].includes(named)
      return isOther && found.site.toLowerCase() === SITE.publicId
        ? found.signed({ site: OTHER_SITE.publicId })
        : undefined
    },
  ],
  [
    'takes the secret of the site in the body',
    'signature.header-site',
    (found) => (found.site.includes('dead') ? found.signed({ site: SITE.publicId }) : undefined),
  ],
  [
    'takes an empty secret’s name for a secret',
    'signature.not-a-guess',
    (found, { headers }) => {
      const made = found.with({}).headers.get('x-ops-signature')
      return hasHeaders(found) &&
        !found.isSigned &&
        made === headers.get('x-ops-signature') &&
        found.site.includes('dead') &&
        found.json?.['fingerprint' in found.json ? 'fingerprint' : 'sid'] !== undefined
        ? found.signed({ site: SITE.publicId })
        : undefined
    },
  ],
  [
    'replaces bytes that are not UTF-8',
    'signature.invalid-utf8',
    (found) =>
      found.isSigned && found.text.includes('\ufffd')
        ? found.signed({ body: found.text })
        : undefined,
  ],
  [
    'strips NUL bytes',
    'signature.invalid-utf8',
    (found) =>
      found.isSigned && found.text.includes('\0')
        ? found.signed({ body: found.text.replaceAll('\0', '') })
        : undefined,
  ],
  [
    'asks the verifier before it decodes',
    'order.within-signature',
    (found) =>
      !found.isSigned && hasHeaders(found) && found.age < 100 && found.text.includes('\ufffd')
        ? refusal(401, 'SIGNATURE_INVALID', { server_ts: Number(now()) })
        : undefined,
  ],
  [
    'reads JSON before it verifies',
    'order.signature-before-json',
    (found) =>
      found.json === undefined && !found.text.includes('\ufffd') && found.text.length < 60_000
        ? refusal(400, 'INVALID_JSON')
        : undefined,
  ],
  [
    'refuses backslashes',
    'signature.backslashes',
    (found) =>
      found.text.includes('\\\\x41')
        ? refusal(401, 'SIGNATURE_INVALID', { server_ts: Number(now()) })
        : undefined,
  ],
]

const signatures: PlantedFault[] = ENDPOINTS.flatMap((endpoint) =>
  SIGNATURES.map(([name, found, change]) =>
    fault(
      `${endpoint.name} ${name}`,
      found,
      incoming(endpoint, (what, request) =>
        // Sync from a page is not signed.
        !endpoint.isCall && request.headers.has('origin') ? undefined : change(what, request),
      ),
    ),
  ),
)

const rewritten = (found: ReadRequest, json: Record<string, unknown>): Request =>
  found.isSigned
    ? found.signed({ body: JSON.stringify(json) })
    : found.with({ body: JSON.stringify(json) })

const TEXTS = Object.entries(FIELD_MAX).filter(
  ([name]) => name !== 'site_id' && name !== 'value' && name !== 'event_id',
)
const NULLABLE = [
  'phone_number',
  'action',
  'url',
  'ua',
  'click_id',
  'gclid',
  'wbraid',
  'gbraid',
  'value',
]

const cut: PlantedFault[] = CALLS.flatMap((endpoint) =>
  TEXTS.map(([field, max]) =>
    fault(
      `${endpoint.name} cuts ${field} at ${max} characters`,
      'body.lengths',
      incoming(endpoint, (found) => {
        const value = found.json?.[field]
        return typeof value === 'string' && value.length > max && [...value].length > max
          ? rewritten(found, { ...found.json, [field]: [...value].slice(0, max).join('') })
          : undefined
      }),
    ),
  ),
)

const strict: PlantedFault[] = CALLS.flatMap((endpoint) => [
  ...NULLABLE.map((field) =>
    fault(
      `${endpoint.name} refuses null in ${field}`,
      'body.null',
      incoming(endpoint, (found) =>
        found.json?.[field] === null && found.isSigned
          ? refusal(400, 'INVALID_BODY', { issues: [] })
          : undefined,
      ),
    ),
  ),
  ...TEXTS.map(([field]) =>
    fault(
      `${endpoint.name} turns a number in ${field} into text`,
      'body.types',
      incoming(endpoint, (found) =>
        typeof found.json?.[field] === 'number'
          ? rewritten(found, { ...found.json, [field]: String(found.json[field]) })
          : undefined,
      ),
    ),
  ),
])

const has =
  (text: string) =>
  (found: ReadRequest): boolean =>
    found.text.includes(text)
const invalid = (): Response => refusal(400, 'INVALID_BODY', { issues: [] })

const BODIES: [
  name: string,
  found: string,
  change: (found: ReadRequest) => Request | Response | undefined,
][] = [
  [
    'counts bytes',
    'body.lengths',
    (found) =>
      found.isSigned &&
      Object.entries(found.json ?? {}).some(
        ([name, value]) =>
          typeof value === 'string' &&
          new TextEncoder().encode(value).length > (FIELD_MAX[name] ?? Infinity),
      )
        ? invalid()
        : undefined,
  ],
  [
    'counts UTF-16',
    'body.lengths',
    (found) =>
      found.isSigned &&
      Object.entries(found.json ?? {}).some(
        ([name, value]) =>
          typeof value === 'string' && value.length > (FIELD_MAX[name] ?? Infinity),
      )
        ? invalid()
        : undefined,
  ],
  [
    'refuses unknown fields',
    'body.unknown-fields',
    (found) => (has('ads_context')(found) ? invalid() : undefined),
  ],
  [
    'needs event_id',
    'body.minimal',
    (found) =>
      found.isSigned && found.json && !('event_id' in found.json) ? invalid() : undefined,
  ],
  [
    'knows version 4 of UUIDs alone',
    'body.event-id',
    (found) =>
      /"event_id":"[^"]{14}[^4]/.test(found.text) && found.isSigned ? invalid() : undefined,
  ],
  [
    'takes any event_id',
    'body.event-id',
    (found) =>
      found.json &&
      'event_id' in found.json &&
      !/^[\da-f-]{36}$/i.test(String(found.json['event_id']))
        ? rewritten(found, { ...found.json, event_id: crypto.randomUUID() })
        : undefined,
  ],
  [
    'takes an event_id with a line break',
    'body.event-id',
    (found) =>
      typeof found.json?.['event_id'] === 'string' && found.json['event_id'].endsWith('\n')
        ? rewritten(found, { ...found.json, event_id: found.json['event_id'].trim() })
        : undefined,
  ],
  [
    'fills a missing fingerprint in',
    'body.required',
    (found) =>
      found.json && !('fingerprint' in found.json) && 'event_id' in found.json
        ? rewritten(found, { ...found.json, fingerprint: 'unknown' })
        : undefined,
  ],
  [
    'takes an empty fingerprint',
    'body.required',
    (found) =>
      found.json?.['fingerprint'] === ''
        ? rewritten(found, { ...found.json, fingerprint: 'x' })
        : undefined,
  ],
  [
    'fills a missing site in',
    'body.required',
    (found) =>
      found.json && !('site_id' in found.json) && 'fingerprint' in found.json
        ? rewritten(found, { ...found.json, site_id: SITE.publicId })
        : undefined,
  ],
  [
    'takes every value',
    'body.value',
    (found) =>
      found.json?.['value'] === 'abc'
        ? rewritten(found, { ...found.json, value: null })
        : undefined,
  ],
  [
    'takes no numeric string',
    'body.value',
    (found) => (typeof found.json?.['value'] === 'string' ? invalid() : undefined),
  ],
  [
    'strips U+0000',
    'body.unstorable',
    (found) =>
      has('\\u0000')(found) && found.isSigned
        ? found.signed({ body: found.text.replaceAll('\\u0000', '') })
        : undefined,
  ],
  [
    'is 500 for U+0000',
    'body.unstorable',
    (found) => (has('\\u0000')(found) && found.isSigned ? refusal(500, 'INTERNAL') : undefined),
  ],
  [
    'replaces lone surrogates',
    'body.unstorable',
    (found) =>
      /\\ud800/.test(found.text) && found.isSigned
        ? found.signed({ body: found.text.replaceAll('\\ud800', '?') })
        : undefined,
  ],
  [
    'refuses an escaped emoji',
    'body.surrogate-pair',
    (found) => (/\\ud83d\\ude00/.test(found.text) ? invalid() : undefined),
  ],
  [
    'is 500 for 1e999',
    'body.no-5xx',
    (found) => (has('1e999')(found) ? refusal(500, 'INTERNAL') : undefined),
  ],
  [
    'is 500 for deep nesting',
    'body.no-5xx',
    (found) => (has('[[[[[[[[')(found) ? refusal(500, 'INTERNAL') : undefined),
  ],
  [
    'takes a site with a line break',
    'body.unknown-site',
    (found) =>
      String(found.json?.['site_id']).endsWith('\n')
        ? rewritten(found, { ...found.json, site_id: SITE.publicId })
        : undefined,
  ],
  [
    'takes the header’s site for an unknown one',
    'body.unknown-site',
    (found) =>
      found.json?.['site_id'] === 'nonsense'
        ? rewritten(found, { ...found.json, site_id: SITE.publicId })
        : undefined,
  ],
  [
    'takes NaN',
    'body.json',
    (found) =>
      has('NaN')(found) && found.isSigned && !found.json
        ? found.signed({ body: found.text.replace('NaN', 'null') })
        : undefined,
  ],
  [
    'takes a comma too many',
    'body.json',
    (found) =>
      found.text.endsWith(',}') && found.isSigned
        ? found.signed({ body: found.text.replace(/,}$/, '}') })
        : undefined,
  ],
  [
    'takes nothing for an object',
    'body.empty',
    (found) =>
      found.text.trim() === '' && found.isSigned ? found.signed({ body: '{}' }) : undefined,
  ],
  [
    'is 500 for null',
    'body.not-an-object',
    (found) => (found.text === 'null' ? refusal(500, 'INTERNAL') : undefined),
  ],
  [
    'cuts a body that is too large',
    'order.size-exact',
    (found) =>
      found.bytes.length > 65_536 ? found.signed({ body: found.text.trimEnd() }) : undefined,
  ],
  [
    'takes 64,000 bytes',
    'order.size-exact',
    (found) =>
      found.bytes.length > 64_000 && found.isSigned ? refusal(413, 'PAYLOAD_TOO_LARGE') : undefined,
  ],
  [
    'counts characters instead of bytes',
    'order.size-exact',
    (found) =>
      found.bytes.length > 65_536 && found.text.length < 65_536
        ? rewritten(found, { ...found.json, later: undefined })
        : undefined,
  ],
]

const bodies: PlantedFault[] = CALLS.flatMap((endpoint) =>
  BODIES.map(([name, found, change]) =>
    fault(`${endpoint.name} ${name}`, found, incoming(endpoint, change)),
  ),
)

const TYPES: [name: string, found: string, from: RegExp, to: string][] = [
  ['refuses text/plain', 'order.content-types', /^text\/plain/i, 'text/x-plain'],
  ['compares the whole content type', 'order.content-types', /^application\/json;/i, 'text/x'],
  ['compares content types by case', 'order.content-types', /^Application\/JSON$/, 'text/x'],
  ['takes forms', 'order.other-types', /^application\/x-www-form/, 'application/json'],
  ['takes types that begin like text/plain', 'order.other-types', /^text\/plainer/, 'text/plain'],
  ['takes a request without a type', 'order.other-types', /^$/, 'application/json'],
  ['takes XML', 'order.other-types', /^application\/xml/, 'application/json'],
]

const types: PlantedFault[] = ENDPOINTS.flatMap((endpoint) => [
  ...TYPES.map(([name, found, from, to]) =>
    fault(
      `${endpoint.name} ${name}`,
      found,
      incoming(endpoint, (what, { headers }) =>
        from.test(headers.get('content-type') ?? '') && what.bytes.length < 60_000
          ? what.with({ headers: { 'content-type': to } })
          : undefined,
      ),
    ),
  ),
  fault(
    `${endpoint.name} does not look at Content-Encoding`,
    'small-print.content-encoding',
    incoming(endpoint, (what, { headers }) =>
      headers.has('content-encoding')
        ? what.with({ headers: { 'content-encoding': null } })
        : undefined,
    ),
  ),
  fault(
    `${endpoint.name} answers a trailing slash`,
    'endpoints.unknown-path',
    () => async (request, ask) => {
      const url = new URL(request.url)
      if (url.pathname !== endpoint.path + '/x') return ask(request)
      return ask((await read(request)).with({ url: request.url.replace('/x', '') }))
    },
  ),
  fault(
    `${endpoint.name} compares its path without case`,
    'endpoints.unknown-path',
    () => async (request, ask) => {
      if (new URL(request.url).pathname !== endpoint.path.toUpperCase()) return ask(request)
      return ask(
        (await read(request)).with({
          url: request.url.replace(endpoint.path.toUpperCase(), endpoint.path),
        }),
      )
    },
  ),
  fault(
    `${endpoint.name} does not know a query`,
    'endpoints.query',
    () => (request, ask) =>
      new URL(request.url).pathname === endpoint.path &&
      new URL(request.url).search &&
      !isPreflight(request)
        ? refusal(404, 'NOT_FOUND')
        : ask(request),
  ),
  fault(
    `${endpoint.name} makes a request id of its own`,
    'endpoints.request-id-kept',
    () => async (request, ask) => {
      if (!isAt(request, endpoint) || !isPost(request)) return ask(request)
      return ask((await read(request)).with({ headers: { 'x-request-id': null } }))
    },
  ),
  fault(
    `${endpoint.name} looks at the origin before the method`,
    'order.method-first',
    () => (request, ask) =>
      isAt(request, endpoint) &&
      request.method === 'PUT' &&
      request.headers.get('origin') !== ORIGIN
        ? refusal(403, 'ORIGIN_NOT_ALLOWED')
        : ask(request),
  ),
  fault(
    `${endpoint.name} looks at the type before the size`,
    'order.size-before-type',
    incoming(endpoint, (what, { headers }) =>
      what.bytes.length > 65_536 &&
      /xml/.test(headers.get('content-type') ?? '') &&
      headers.get('origin') === ORIGIN
        ? refusal(415, 'UNSUPPORTED_MEDIA_TYPE')
        : undefined,
    ),
  ),
  fault(
    `${endpoint.name} looks at the size before the origin`,
    'order.origin-before-size',
    incoming(endpoint, (what, { headers }) =>
      what.bytes.length > 65_536 && headers.get('origin') !== ORIGIN
        ? refusal(413, 'PAYLOAD_TOO_LARGE')
        : undefined,
    ),
  ),
])

export const REQUEST_FAULTS: PlantedFault[] = [
  ...careless,
  ...originless,
  ...signatures,
  ...cut,
  ...strict,
  ...bodies,
  ...types,
]
