import { createHash, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createApp } from '../../server-reference/src/app.js'
import type { Database } from '../../server-reference/src/store/database.js'
import { readStatement } from '../../server-reference/src/store/read-calls.js'
import { openServerDatabase } from '../../server-reference/src/store/server-database.js'
import { createSqlStore } from '../../server-reference/src/store/sql-store.js'
import { withTestSites } from '../../server-reference/src/testing/database.js'
import { SITE } from '../../server-reference/src/testing/sign.js'
import { createWorld } from '../../server-reference/src/testing/world.js'
import { startPostgres } from './postgres.mjs'

const CALLS = 100_000
const TOKEN = 'ops_the-token-of-the-site'

let postgres: Awaited<ReturnType<typeof startPostgres>>
let database: Database

beforeAll(async () => {
  postgres = await startPostgres()
  database = (await withTestSites(await openServerDatabase(postgres.url()))).database
  // Spread over the months and the ids of other versions, of the site and of nine others.
  await database.query(
    'owner',
    `insert into public.sites (id) select gen_random_uuid() from generate_series(1, 9)`,
  )
  await database.query(
    'owner',
    `with made as (
      select n, now() - n * interval '20 seconds' as at, s.id as site_id from generate_series(1, $1::int) n
      cross join lateral (
        select id from public.sites order by id = $2 desc, id offset case when n % 10 = 0 then n / 10 % 10 else 0 end limit 1
      ) s
    ), ids as (
      select *, case when n % 3 = 0 then gen_random_uuid()
        else (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7' || substr(md5(n::text), 1, 3)
          || '8' || substr(md5(n::text), 4, 15))::uuid end as event_id
      from made
    )
    insert into public.calls (id, site_id, kind, event_id, endpoint, fingerprint, intent_action, intent_target,
      intent_page_url, occurred_at, created_at)
    select gen_random_uuid(), site_id, public.event_id_kind(event_id), event_id, '/api/call-event/v2', 'v' || n % 500,
      case n % 4 when 0 then 'form' else 'phone' end, '+905000000000', 'https://s.example/' || n % 20, at, at
    from ids`,
    [CALLS, SITE.id],
  )
  await database.query('owner', 'analyze')
  await database.query(
    'owner',
    'insert into private.site_tokens (site_id, digest) values ($1, $2)',
    [SITE.id, createHash('sha256').update(TOKEN).digest()],
  )
})
afterAll(async () => {
  await database.close()
  await postgres.stop()
})

interface Plan {
  'Node Type': string
  'Relation Name'?: string
  'Index Name'?: string
  'Actual Rows'?: number
  'Actual Loops'?: number
  Plans?: Plan[]
}
const nodesOf = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)]

it.each([
  ['one site', SITE.id],
  ['all sites', null],
])('a page of 50 of %s comes from the index: no table is read through', async (_, site_id) => {
  const [row] = await database.batch<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
    'service_role',
    `explain (analyze, format json) ${readStatement(64)}`,
    [
      {
        site_id,
        before_us: Date.now() * 1000,
        before_id: randomUUID(),
        from_us: 0,
        has_click: false,
        with_marked: true,
        max: 51,
      },
    ],
  )
  const nodes = nodesOf(row!['QUERY PLAN'][0].Plan)
  const onCalls = nodes.filter((node) => node['Relation Name']?.startsWith('calls'))
  expect(onCalls.length).toBeGreaterThan(2)
  for (const node of onCalls) {
    expect(node['Node Type']).toBe('Index Scan')
    expect(node['Index Name']).toContain('site_id_occurred_at')
  }
  const read = onCalls.reduce((sum, node) => sum + node['Actual Rows']! * node['Actual Loops']!, 0)
  expect(read).toBeLessThan(site_id === null ? 11 * 70 : 130)
})

it('a file of every call is complete, each once, newest first', async () => {
  const world = createWorld({ store: createSqlStore(database) as never })
  const response = await createApp(world).request('/api/calls?format=ndjson', {
    headers: { Authorization: `Bearer ${TOKEN}` },
  })
  expect(response.status).toBe(200)
  const [{ count } = { count: 0 }] = await database.query<{ count: number }>(
    'owner',
    'select count(*)::int as count from public.calls where site_id = $1',
    [SITE.id],
  )
  const seen = new Set<string>()
  let last = Infinity
  let rest = ''
  for await (const part of response.body!.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + part).split('\n')
    rest = lines.pop()!
    for (const line of lines) {
      const { call_id, occurred_at } = JSON.parse(line) as { call_id: string; occurred_at: number }
      seen.add(call_id)
      expect(occurred_at).toBeLessThanOrEqual(last)
      last = occurred_at
    }
  }
  expect(seen.size).toBe(count)
  expect(count).toBeGreaterThan(CALLS * 0.9)
})
