import { SITE } from '../../../server-reference/src/testing/sign.js'
import type { Ask } from '../reference.js'
import {
  CALLS,
  changed,
  ENDPOINTS,
  fault,
  headOf,
  incoming,
  isAt,
  isPost,
  read,
  refusal,
  without,
  type Around,
  type Change,
  type Endpoint,
  type PlantedFault,
} from './plant.js'

const SYNC = ENDPOINTS[2]

/** Runs `change` on the requests to one endpoint with what was read of them. */
const at =
  (
    endpoint: Endpoint,
    change: (
      found: Awaited<ReturnType<typeof read>>,
      ask: Ask,
      request: Request,
    ) => Promise<Response> | Response,
  ): Around =>
  async (request, ask) => {
    if (!isAt(request, endpoint) || !isPost(request)) return ask(request)
    const kept = headOf(request)
    return change(await read(request), ask, kept)
  }

const withId = (found: Awaited<ReturnType<typeof read>>, event_id: string | undefined): Request =>
  found.isSigned && found.json
    ? found.signed({ body: JSON.stringify({ ...found.json, event_id }) })
    : found.with({})

const idOf = (found: Awaited<ReturnType<typeof read>>): string | undefined =>
  typeof found.json?.['event_id'] === 'string' ? found.json['event_id'] : undefined

const noop = (): Response =>
  Response.json(
    { status: 'noop', request_id: 'r' },
    { headers: { 'x-request-id': 'r', vary: 'Origin' } },
  )

/** Faults of a server that forgets, or remembers too soon. */
const memory: PlantedFault[] = CALLS.flatMap((endpoint) => [
  fault(`${endpoint.name} remembers nothing`, 'idempotency.event-id', () =>
    at(endpoint, (found, ask) =>
      ask(idOf(found) ? withId(found, crypto.randomUUID()) : found.with({})),
    ),
  ),
  fault(`${endpoint.name} makes up a call_id for a repeat`, 'idempotency.event-id', () =>
    at(endpoint, async (found, ask) => {
      const response = await ask(found.with({}))
      return response.status === 200
        ? changed(response, {
            json: (json) =>
              json['status'] === 'noop' ? { ...json, call_id: crypto.randomUUID() } : json,
          })
        : response
    }),
  ),
  fault(`${endpoint.name} cuts ids by a digit`, 'idempotency.last-digit', () =>
    at(endpoint, (found, ask) => {
      const id = idOf(found)
      return ask(id ? withId(found, id.slice(0, -1) + '0') : found.with({}))
    }),
  ),
  fault(`${endpoint.name} keeps the first half of an id`, 'idempotency.last-digit', () =>
    at(endpoint, (found, ask) => {
      const id = idOf(found)
      return ask(id ? withId(found, id.slice(0, 19) + '-000000000000') : found.with({}))
    }),
  ),
  fault(`${endpoint.name} compares ids by case`, 'idempotency.event-id-case', () =>
    at(endpoint, (found, ask) => {
      const id = idOf(found)
      return ask(id && /[A-F]/.test(id) ? withId(found, crypto.randomUUID()) : found.with({}))
    }),
  ),
  fault(`${endpoint.name} finds duplicates by their content`, 'idempotency.two-events', () => {
    const seen = new Map<string, string>()
    return at(endpoint, (found, ask) => {
      const id = idOf(found)
      if (!id || !found.json?.['intent_target']) return ask(found.with({}))
      const { event_id: _, ...rest } = found.json
      const key = JSON.stringify(rest)
      const first = seen.get(key) ?? id
      seen.set(key, first)
      return ask(withId(found, first))
    })
  }),
  fault(`${endpoint.name} records another body under a known id`, 'idempotency.other-body', () => {
    const seen = new Map<string, string>()
    return at(endpoint, (found, ask) => {
      const id = idOf(found)
      const isOther = id && seen.has(id) && seen.get(id) !== found.text
      if (id && !seen.has(id)) seen.set(id, found.text)
      return ask(isOther ? withId(found, crypto.randomUUID()) : found.with({}))
    })
  }),
  fault(`${endpoint.name} has ids of its own`, 'idempotency.both-endpoints', () =>
    at(endpoint, (found, ask) => {
      const id = idOf(found)
      return ask(id ? withId(found, id.replace(/^.{4}/, '0000')) : found.with({}))
    }),
  ),
  fault(`${endpoint.name} counts events without an id each time`, 'idempotency.signature', () =>
    at(endpoint, (found, ask) =>
      ask(
        found.isSigned && found.json && !idOf(found)
          ? withId(found, crypto.randomUUID())
          : found.with({}),
      ),
    ),
  ),
  fault(
    `${endpoint.name} tells events without an id apart by their content`,
    'idempotency.signature',
    () => {
      const seen = new Set<string>()
      return at(endpoint, (found, ask) => {
        if (!found.isSigned || !found.json || idOf(found)) return ask(found.with({}))
        if (seen.has(found.text)) return noop()
        seen.add(found.text)
        return ask(found.with({}))
      })
    },
  ),
  fault(`${endpoint.name} keys a replay by the signature’s case`, 'signature.replay-case', () =>
    at(endpoint, (found, ask, request) =>
      ask(
        /[A-F]/.test(request.headers.get('x-ops-signature') ?? '')
          ? found.signed({ ts: String(Number(found.ts) - 1) })
          : found.with({}),
      ),
    ),
  ),
  ...(
    [
      ['before the signature is verified', 'signature.refused-is-not-seen', 401],
      ['before the body is judged', 'body.refused-is-not-seen', 400],
    ] as const
  ).map(([when, found, status]) =>
    fault(`${endpoint.name} stores the replay key ${when}`, found, () => {
      const seen = new Set<string>()
      return at(endpoint, async (what, ask) => {
        const id = idOf(what)
        if (id && seen.has(id)) return noop()
        const response = await ask(what.with({}))
        if (id && response.status === status) seen.add(id)
        return response
      })
    }),
  ),
  fault(`${endpoint.name} records each of two equal events at once`, 'idempotency.at-once', () => {
    const under = new Set<string>()
    return at(endpoint, async (found, ask) => {
      const id = idOf(found)
      if (id && under.has(id)) return ask(withId(found, crypto.randomUUID()))
      if (id) under.add(id)
      const response = await ask(found.with({}))
      if (id) setTimeout(() => under.delete(id), 50)
      return response
    })
  }),
  fault(`${endpoint.name} matches by the time of arrival`, 'answer.matched-by-press', () =>
    at(endpoint, (found, ask) =>
      ask(
        found.isSigned && found.json?.['intent_stamp']
          ? found.signed({ body: JSON.stringify({ ...found.json, intent_stamp: undefined }) })
          : found.with({}),
      ),
    ),
  ),
])

const syncAnswer = (change: Change): Around =>
  at(SYNC, async (found, ask) => {
    const response = await ask(found.with({}))
    return response.status === 200 ? changed(response, change) : response
  })

const eventsOf = (json: Record<string, unknown> | undefined): Record<string, unknown>[] =>
  Array.isArray(json?.['events']) ? json['events'].map(Object) : []

const sync: PlantedFault[] = [
  fault('sync leaves accepted out', 'sync.one', () => syncAnswer(without('accepted'))),
  fault('sync leaves ok out', 'sync.one', () => syncAnswer(without('ok'))),
  fault('sync has another status', 'sync.one', () =>
    syncAnswer({ json: (json) => ({ ...json, status: 'ok' }) }),
  ),
  fault('sync counts a batch as one', 'sync.batch', () =>
    syncAnswer({ json: (json) => ({ ...json, accepted: 1 }) }),
  ),
  fault('sync acknowledges batches and stores nothing', 'sync.unsigned', () =>
    at(SYNC, (found, ask) => {
      const { length } = eventsOf(found.json)
      return length === 3
        ? Response.json({ ok: true, status: 'synced', accepted: length, request_id: 'r' })
        : ask(found.with({}))
    }),
  ),
  fault('sync takes the first event of a batch', 'sync.unsigned', () =>
    at(SYNC, async (found, ask) => {
      const events = eventsOf(found.json)
      if (events.length < 2) return ask(found.with({}))
      const response = await ask(
        found.with({ body: JSON.stringify({ events: events.slice(0, 1) }) }),
      )
      return changed(response, { json: (json) => ({ ...json, accepted: events.length }) })
    }),
  ),
  fault('sync takes batches of any length', 'sync.batch-too-long', () =>
    at(SYNC, (found, ask) => {
      const events = eventsOf(found.json)
      return ask(
        events.length > 20
          ? found.with({ body: JSON.stringify({ events: events.slice(0, 20) }) })
          : found.with({}),
      )
    }),
  ),
  fault(
    'sync takes batches of ten',
    'sync.batch',
    incoming(SYNC, (found) =>
      eventsOf(found.json).length > 10 ? refusal(400, 'INVALID_BODY', { issues: [] }) : undefined,
    ),
  ),
  fault('sync does not say which event was bad', 'sync.bad-event-named', () =>
    at(SYNC, async (found, ask) => {
      const response = await ask(found.with({}))
      return response.status === 400
        ? changed(response, {
            json: (json) => ({ ...json, issues: [{ path: '', message: 'bad' }] }),
          })
        : response
    }),
  ),
  fault('sync records a batch event by event', 'sync.whole-or-not', () =>
    at(SYNC, async (found, ask) => {
      const response = await ask(found.with({}))
      if (response.status === 400)
        for (const event of eventsOf(found.json))
          await ask(found.with({ body: JSON.stringify(event) }))
      return response
    }),
  ),
  fault(
    'sync needs a signature of a page too',
    'sync.one',
    incoming(SYNC, (_, { headers }) =>
      headers.has('origin') && !headers.has('x-ops-signature')
        ? refusal(401, 'SIGNATURE_REQUIRED', { server_ts: Math.floor(Date.now() / 1000) })
        : undefined,
    ),
  ),
  fault('sync refuses an event that it knows', 'sync.event-id', () => {
    const seen = new Set<string>()
    return at(SYNC, (found, ask) => {
      const id = idOf(found)
      if (id && seen.has(id)) return refusal(409, 'DUPLICATE')
      if (id) seen.add(id)
      return ask(found.with({}))
    })
  }),
  fault(
    'sync takes an event for a site that does not exist',
    'sync.unknown-site',
    incoming(SYNC, (found) =>
      String(found.json?.['s']).includes('dead')
        ? found.with({ body: JSON.stringify({ ...found.json, s: SITE.publicId }) })
        : undefined,
    ),
  ),
  fault(
    'sync takes any month',
    'sync.month',
    incoming(SYNC, (found) =>
      found.json && found.json['sm'] === '2026-01-02'
        ? found.with({ body: JSON.stringify({ ...found.json, sm: '2026-01-01' }) })
        : undefined,
    ),
  ),
  fault(
    'sync takes a month with a line break',
    'sync.month',
    incoming(SYNC, (found) =>
      String(found.json?.['sm']).endsWith('\n')
        ? found.with({ body: JSON.stringify({ ...found.json, sm: '2026-01-01' }) })
        : undefined,
    ),
  ),
  fault(
    'sync refuses unknown fields',
    'sync.unknown-fields',
    incoming(SYNC, (found) =>
      found.json && 'later' in found.json
        ? refusal(400, 'INVALID_BODY', { issues: [] })
        : undefined,
    ),
  ),
  fault(
    'sync is 500 for a list',
    'sync.malformed',
    incoming(SYNC, (found) => (found.text === '[]' ? refusal(500, 'INTERNAL') : undefined)),
  ),
  fault(
    'sync forgets the visitor',
    'answer.matched',
    incoming(SYNC, (found) =>
      found.json?.['meta']
        ? found.with({ body: JSON.stringify({ ...found.json, meta: {} }) })
        : undefined,
    ),
  ),
  fault(
    'sync makes a new session of each event',
    'sync.session-once',
    incoming(SYNC, (found) =>
      found.json?.['sid']
        ? found.with({ body: JSON.stringify({ ...found.json, sid: crypto.randomUUID() }) })
        : undefined,
    ),
  ),
  ...['s', 'u', 'sid', 'sm', 'ec', 'ea'].map((field) =>
    fault(
      `sync does not need ${field}`,
      'sync.required',
      incoming(SYNC, (found) =>
        found.json &&
        !('events' in found.json) &&
        !(field in found.json) &&
        Object.keys(found.json).length > 4
          ? found.with({
              body: JSON.stringify({
                ...found.json,
                [field]: field === 's' ? SITE.publicId : field === 'sm' ? '2026-01-01' : 'x',
              }),
            })
          : undefined,
      ),
    ),
  ),
]

/** Headers that buy a client a fresh share: its user agent changes with them. */
const SPOOFS = ['x-forwarded-for', 'x-real-ip', 'forwarded', 'cf-connecting-ip', 'true-client-ip']

const limits: PlantedFault[] = [
  ...([ENDPOINTS[0], SYNC] as const).flatMap((endpoint) =>
    SPOOFS.map((name) =>
      fault(
        `${endpoint.name} believes ${name}`,
        endpoint.isCall ? 'limit.spoofed-address' : 'limit.spoofed-address-sync',
        incoming(endpoint, (found, { headers }) =>
          headers.has(name)
            ? found.with({ headers: { 'user-agent': headers.get(name)! } })
            : undefined,
        ),
      ),
    ),
  ),
  fault(
    'V1 counts the whole user agent',
    'limit.user-agent',
    incoming(ENDPOINTS[0], (found, { headers }) => {
      const agent = headers.get('user-agent') ?? ''
      return agent.length > 64
        ? found.with({ headers: { 'user-agent': agent.slice(64) } })
        : undefined
    }),
  ),
  fault(
    'V1 counts the address alone',
    'limit.user-agent',
    incoming(ENDPOINTS[0], (found) => found.with({ headers: { 'user-agent': 'one' } })),
  ),
  fault(
    'V2 does not look at the visitor',
    'limit.v2-visitor',
    incoming(ENDPOINTS[1], (found) => found.with({ headers: { 'x-forwarded-for': '192.0.2.1' } })),
  ),
  fault(
    'V2 believes the first hop',
    'limit.v2-visitor',
    incoming(ENDPOINTS[1], (found, { headers }) => {
      const first = headers.get('x-forwarded-for')?.split(',')[0]
      return first ? found.with({ headers: { 'x-forwarded-for': first } }) : undefined
    }),
  ),
  fault(
    'V2 takes every proxy host for one',
    'limit.v2',
    incoming(ENDPOINTS[1], (found) => found.with({ headers: { 'x-ops-proxy-host': 'one' } })),
  ),
  fault(
    'V2 compares proxy hosts by case',
    'limit.v2',
    incoming(ENDPOINTS[1], (found, { headers }) => {
      const host = headers.get('x-ops-proxy-host') ?? ''
      return /[A-Z]/.test(host)
        ? found.with({ headers: { 'x-ops-proxy-host': 'upper.' + host } })
        : undefined
    }),
  ),
  fault(
    'V2 counts any text as a proxy host',
    'limit.proxy-host',
    incoming(ENDPOINTS[1], (found, { headers }) => {
      const host = headers.get('x-ops-proxy-host') ?? ''
      return /^[a-z\d.-]{1,128}$/i.test(host)
        ? undefined
        : found.with({
            headers: {
              'x-ops-proxy-host': Array.from(host, (char) => char.charCodeAt(0))
                .join('.')
                .slice(0, 100),
            },
          })
    }),
  ),
  fault('a preflight over the limit is refused', 'limit.preflight-free', () => {
    let sent = 0
    return (request, ask) => {
      if (isPost(request)) sent++
      return request.method === 'OPTIONS' && sent > 100
        ? refusal(429, 'RATE_LIMITED')
        : ask(request)
    }
  }),
]

/** 429s that are not like other refusals. */
const LIMITED: [name: string, change: Change][] = [
  ['lacks Retry-After', { headers: { 'retry-after': null } }],
  ['lacks retry_after', without('retry_after')],
  ['lacks CORS headers', { headers: { 'access-control-allow-origin': null } }],
  ['lacks Vary', { headers: { vary: null } }],
  ['exposes nothing', { headers: { 'access-control-expose-headers': null } }],
  ['has another code', { json: (json) => ({ ...json, code: 'TOO_MANY' }) }],
  ['lacks RateLimit', { headers: { ratelimit: null } }],
  ['lacks X-Request-Id', { headers: { 'x-request-id': null } }],
]

const limited: PlantedFault[] = [
  ['V1', ENDPOINTS[0], 'limit.v1'],
  ['V2', ENDPOINTS[1], 'limit.v2'],
  ['sync', SYNC, 'limit.sync'],
].flatMap(([name, endpoint, found]) =>
  LIMITED.map(([what, change]) =>
    fault(`the 429 of ${String(name)} ${what}`, String(found), () =>
      at(endpoint as Endpoint, async (read_, ask) => {
        const response = await ask(read_.with({}))
        return response.status === 429 ? changed(response, change) : response
      }),
    ),
  ),
)

export const STATE_FAULTS: PlantedFault[] = [...memory, ...sync, ...limits, ...limited]
