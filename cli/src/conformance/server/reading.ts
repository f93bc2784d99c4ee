import { CALL_EVENT_V2 } from '@opsmantik/tracker/contract'
import { must, NotSeen, section, type Check } from '../check.js'
import { expectJson, expectRefusal, expectStatus } from '../expect.js'
import { askCalls, isSameId, readPages, readUntil, record, type CallRow } from './read-calls.js'
import { randomFingerprint, type Server } from './server.js'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const stampOf = (ms: number): string => `${ms}-ab12-tel-x1y2z3`

const idsOf = (rows: readonly CallRow[]): unknown[] => rows.map(({ call_id: id }) => id)
const positionOf = (rows: readonly CallRow[], id: unknown): number =>
  rows.findIndex(({ call_id: other }) => isSameId(other, id))
/** Calls of the last hour and of the next minutes: those of earlier runs are left out. */
const recent = (server: Server): { site: string; from: number } => ({
  site: server.siteId,
  from: server.now() * 1_000 - HOUR_MS / 2,
})

/** Reads all pages until these calls are among the rows. */
const rowsWith = async (
  server: Server,
  query: Record<string, string | number>,
  ids: readonly unknown[],
): Promise<CallRow[]> => {
  let rows: CallRow[] = []
  await readUntil(
    async () => {
      const read = await readPages(server, query)
      rows = read.rows
      return read.pages.at(-1)!
    },
    () => ids.every((id) => positionOf(rows, id) !== -1),
    `${ids.length} calls that were just recorded`,
  )
  return rows
}

/** Section 17: recorded calls in JSON. */
export const reading: Check<Server>[] = section(17, [
  {
    id: 'read.calls-json',
    title: 'GET /api/calls has recorded calls with their fields, and next',
    cause: 'Another shape than that of the table, or calls of one endpoint only.',
    async run(server) {
      const sent = { intent_action: 'conf-read', intent_target: `to ${crypto.randomUUID()} ş😀` }
      const page = `${server.origin}/conformance?x=1`
      const stamp = server.now() * 1_000 - 90_000
      const fields = { ...sent, intent_page_url: page, intent_stamp: stampOf(stamp) }
      const first = await record(server, fields)
      const second = await record(server, fields, { path: CALL_EVENT_V2 })
      const rows = await rowsWith(server, recent(server), [first, second])
      for (const id of [first, second]) {
        const row = rows[positionOf(rows, id)]!
        for (const [name, expected] of [
          ['status', 'unmatched'],
          ['session_id', null],
          ['action', sent.intent_action],
          ['target', sent.intent_target],
          ['page_url', page],
          ['occurred_at', stamp],
        ] as const)
          must(
            row[name] === expected,
            `${name} should be ${JSON.stringify(expected)}, is ${JSON.stringify(row[name])}`,
          )
        must(
          /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/.test(String(row['site_id'])),
          `site_id should be the site's UUID in lower case, is ${JSON.stringify(row['site_id'])}`,
        )
      }
      const answer = await askCalls(server, { ...recent(server), limit: 1 })
      expectJson(answer)
      must(
        answer.json['request_id'] === answer.headers.get('x-request-id'),
        `request_id should be ${answer.headers.get('x-request-id')}, is ${JSON.stringify(answer.json['request_id'])}`,
        answer,
      )
    },
  },
  {
    id: 'read.calls-private',
    level: 'SHOULD',
    title: 'Recorded calls are not cached',
    cause: 'The framework’s default: a shared cache shows one customer’s calls to another.',
    async run(server) {
      const answer = await askCalls(server, { ...recent(server), limit: 1 })
      const said = answer.headers.get('cache-control') ?? 'missing'
      must(/no-store|private/i.test(said), `Cache-Control should be no-store, is ${said}`, answer)
    },
  },
  {
    id: 'read.calls-order',
    title: 'Calls are read newest press first, page by page, each once',
    cause:
      'Pages by number: what is recorded meanwhile moves every page. Or the time of arrival decides.',
    async run(server) {
      // A time of which no other check has calls.
      const now = server.now() * 1_000 - 7 * HOUR_MS - Math.floor(Math.random() * HOUR_MS)
      // Recorded in another order than pressed; two at the same millisecond, which a cursor may not lose.
      const presses = [4, 1, 3, 1, 2].map((minutes) => now - minutes * 60_000)
      const sent: [id: unknown, at: number][] = []
      for (const at of presses) sent.push([await record(server, { intent_stamp: stampOf(at) }), at])
      const ids = sent.map(([id]) => id)
      const window = { site: server.siteId, from: now - 5 * 60_000, to: now }
      await rowsWith(server, window, ids)
      const { rows, pages } = await readPages(server, { ...window, limit: 50 })
      must(
        new Set(idsOf(rows).map(String)).size === rows.length,
        'a call is on two pages',
        ...pages.slice(-1),
      )
      const small = await readPages(server, { ...window, limit: 2 })
      for (const page of small.pages)
        must(
          (page.json['calls'] as unknown[]).length <= 2,
          `limit=2: got ${(page.json['calls'] as unknown[]).length} calls`,
          page,
        )
      for (const { rows: read, of } of [
        { rows, of: 'pages of 50' },
        { rows: small.rows, of: 'pages of 2' },
      ]) {
        for (const id of ids)
          must(
            read.filter(({ call_id: other }) => isSameId(other, id)).length === 1,
            `${of}: call ${String(id)} should be there once`,
            ...pages.slice(-1),
          )
        const times = read.map(({ occurred_at: at }) => Number(at))
        const wrong = times.findIndex((at, index) => index > 0 && at > times[index - 1]!)
        must(
          wrong === -1,
          `${of}: newest first; a call of ${times[wrong - 1]} stands before one of ${times[wrong]}`,
          ...pages.slice(0, 1),
        )
      }
    },
  },
  {
    id: 'read.calls-time',
    title: 'from and to select by the time of the press, in milliseconds or ISO 8601',
    cause: 'The time of arrival is compared, or the parameters are read as local time.',
    async run(server) {
      const now = server.now() * 1_000
      const [early, late] = [now - 5 * HOUR_MS - 123_000, now - 3 * HOUR_MS - 123_000]
      const first = await record(server, { intent_stamp: stampOf(early) })
      const second = await record(server, { intent_stamp: stampOf(late) })
      const around = (at: number) => [at - 60_000, at + 60_000] as const
      for (const write of [(ms: number) => ms, (ms: number) => new Date(ms).toISOString()])
        for (const [at, own, other] of [
          [early, first, second],
          [late, second, first],
        ] as const) {
          const [from, to] = around(at)
          const query = { site: server.siteId, from: write(from), to: write(to) }
          const rows = await rowsWith(server, query, [own])
          must(
            positionOf(rows, other) === -1,
            `from=${query.from}&to=${query.to} has a call that was pressed at ${at === early ? late : early}`,
          )
        }
    },
  },
  {
    id: 'read.calls-press',
    title: 'occurred_at is the time of the press up to 8 days ago, otherwise that of the arrival',
    cause: 'Another limit: a press that waited on a visitor’s device for a week counts for today.',
    async run(server) {
      const now = server.now() * 1_000
      for (const [age, isBelieved] of [
        [7.9 * DAY_MS, true],
        [8.1 * DAY_MS, false],
        [-30_000, true],
        [-120_000, false],
      ] as const) {
        const pressed = Math.round(now - age)
        const id = await record(server, { intent_stamp: stampOf(pressed) })
        const expected = isBelieved ? pressed : now
        const query = { site: server.siteId, from: expected - 120_000, to: expected + 120_000 }
        const rows = await rowsWith(server, query, [id])
        const shown = Number(rows[positionOf(rows, id)]!['occurred_at'])
        must(
          isBelieved ? shown === pressed : Math.abs(shown - now) < 90_000,
          `the stamp says ${pressed}, the clock ${now}: occurred_at should be ${isBelieved ? pressed : 'the time of arrival'}, is ${shown}`,
        )
      }
    },
  },
  {
    id: 'read.calls-matched',
    title: 'A call has the sid of its session, also if that became known later',
    cause: 'Sessions are looked up once, when the call comes.',
    async run(server) {
      const [before, after] = [randomFingerprint(), randomFingerprint()]
      const view = server.view({ meta: { fp: before } })
      await server.sync(view)
      const known = await record(server, { fingerprint: before })
      const waiting = await record(server, { fingerprint: after })
      const late = server.view({ meta: { fp: after } })
      await server.sync(late)
      for (const [id, sid] of [
        [known, view['sid']],
        [waiting, late['sid']],
      ]) {
        const isMatched = ({ json }: { json: Record<string, unknown> }): boolean =>
          ((json['calls'] ?? []) as CallRow[]).some(
            (row) =>
              isSameId(row['call_id'], id) &&
              row['status'] === 'matched' &&
              row['session_id'] === sid,
          )
        await readUntil(
          () => askCalls(server, { ...recent(server), limit: 200 }),
          isMatched,
          `call ${String(id)} with status matched and session_id ${String(sid)}`,
        )
      }
    },
  },
  {
    id: 'read.calls-query',
    title: 'A parameter that is unknown or not usable is 400 INVALID_QUERY, and issues names it',
    cause: 'It is ignored: whoever mistypes from reads everything.',
    async run(server) {
      for (const [name, value] of [
        ['limit', '0'],
        ['limit', '-1'],
        ['limit', 'many'],
        ['from', 'yesterday'],
        ['to', '2026-13-45'],
        ['after', 'nonsense!'],
        ['form', '1'],
        ['format', 'xls'],
      ] as const) {
        const answer = await askCalls(server, { site: server.siteId, [name]: value })
        expectRefusal(answer, 400, 'INVALID_QUERY', `${name}=${value}`)
        const isNamed = JSON.stringify(answer.json['issues'] ?? null).includes(name)
        must(isNamed, `${name}=${value}: issues should name ${name}`, answer)
      }
      const posted = await server.ask('/api/calls', { method: 'POST' })
      expectRefusal(posted, 405, 'METHOD_NOT_ALLOWED', 'POST /api/calls')
    },
  },
  {
    id: 'read.calls-own-site',
    title: 'A site’s token reads the calls of its site and no other’s',
    cause: 'The token is checked, and the query is not bound to its site.',
    async run(server) {
      const { otherSiteId: site, otherSecret: secret } = server.options
      if (!site || !secret)
        throw new NotSeen('needs --other-site-id and --other-secret-env, a second site')
      const foreign = await server.call(server.event({ site_id: site }), { site, secret })
      expectStatus(foreign, 200, 'an event of the second site')
      const own = await record(server, {})
      const { site: _, ...all } = recent(server)
      const rows = await rowsWith(server, all, [own])
      must(
        positionOf(rows, foreign.json['call_id']) === -1,
        'a call of the second site is among those that the first site’s token reads',
        foreign,
      )
    },
  },
])
