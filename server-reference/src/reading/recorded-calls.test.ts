import { createHash } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { expect, it, vi } from 'vitest'
import { createApp } from '../app.js'
import { createHttpServer } from '../http/server.js'
import { createMemoryLimiter } from '../limits/memory-limiter.js'
import type { CallQuery } from '../store/reading.js'
import { call, event } from '../testing/call.js'
import { OTHER_SITE, SITE, signed } from '../testing/sign.js'
import { createWorld, limits, type TestWorld } from '../testing/world.js'
import { CSV_START } from './csv.js'

const TOKEN = 'ops_a-token-of-the-first-site'
const OTHER_TOKEN = 'ops_a-token-of-the-other-site'

const EVERYTHING: CallQuery = {
  siteId: null,
  from: null,
  to: null,
  action: null,
  isMatched: null,
  search: null,
  hasGoogleClick: false,
  withMarked: false,
  after: null,
  limit: 1,
}

const open = (changed: Parameters<typeof createWorld>[0] = {}): TestWorld => {
  const world = createWorld(changed)
  const digest = (token: string): string => createHash('sha256').update(token).digest('hex')
  world.store.memory.tokens.set(digest(TOKEN), SITE.id)
  world.store.memory.tokens.set(digest(OTHER_TOKEN), OTHER_SITE.id)
  return world
}
const read = (
  world: TestWorld,
  query = '',
  headers: Record<string, string> = {},
  address = '192.0.2.9',
) =>
  createApp(world).request(
    `/api/calls${query}`,
    { headers: { Authorization: `Bearer ${TOKEN}`, ...headers } },
    { address },
  )
const record = async (world: TestWorld, fields: Record<string, unknown> = {}): Promise<void> => {
  expect((await call(world, { body: event(fields) })).status).toBe(200)
}
const recordOther = async (world: TestWorld, target: string): Promise<void> => {
  const body = event({ site_id: OTHER_SITE.id, intent_target: target })
  await call(world, {
    body,
    headers: signed(body, { site: OTHER_SITE.id, secret: OTHER_SITE.secret }),
  })
}
type Page = { calls: Record<string, unknown>[]; next: string | null; code?: string }
const pageOf = async (response: Response): Promise<Page> => (await response.json()) as Page

it('a page is newest press first, and its cursor leads to the next until there is none', async () => {
  const world = open()
  const now = Date.now()
  for (const ago of [5, 1, 3, 2, 4])
    await record(world, {
      intent_target: `${ago}`,
      intent_stamp: `${now - ago * 1000}-ab12-tel-abc123`,
    })
  const targets: unknown[] = []
  let after = ''
  for (let pages = 0; pages < 5; pages++) {
    const { calls, next } = await pageOf(await read(world, `?limit=2${after}`))
    targets.push(...calls.map(({ target }) => target))
    if (next === null) break
    after = `&after=${next}`
  }
  expect(targets).toEqual(['1', '2', '3', '4', '5'])
})

it('a site’s token sees that site; LIVE_TOKEN sees all, and one that is named', async () => {
  const world = open()
  await record(world, { intent_target: 'mine' })
  await recordOther(world, 'theirs')
  const seen = async (query: string, token: string): Promise<unknown[]> => {
    const response = await read(world, query, { Authorization: `Bearer ${token}` })
    return (await pageOf(response)).calls.map(({ target }) => target)
  }
  expect(await seen('', TOKEN)).toEqual(['mine'])
  expect(await seen('', OTHER_TOKEN)).toEqual(['theirs'])
  expect(await seen(`?site=${SITE.publicId}`, TOKEN)).toEqual(['mine'])
  expect((await seen('', world.liveToken!)).toSorted()).toEqual(['mine', 'theirs'])
  expect(await seen(`?site=${OTHER_SITE.id}`, world.liveToken!)).toEqual(['theirs'])
})

it('no token, a wrong one, and the token of another site are the same 401', async () => {
  const world = open()
  await record(world)
  const bodies = new Set<string>()
  for (const [query, authorization] of [
    ['', undefined],
    ['', 'Bearer wrong'],
    ['', `Bearer ${TOKEN}x`],
    ['', `Basic ${TOKEN}`],
    [`?site=${SITE.id}`, `Bearer ${OTHER_TOKEN}`],
    [`?site=${'f'.repeat(32)}`, `Bearer ${OTHER_TOKEN}`],
    [`?site=${SITE.id}&format=csv`, `Bearer ${OTHER_TOKEN}`],
  ] as const) {
    const response = await createApp(world).request(
      `/api/calls${query}`,
      {
        headers: { ...(authorization && { Authorization: authorization }), 'X-Request-Id': 'same' },
      },
      { address: '192.0.2.1' },
    )
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toBe('Bearer')
    bodies.add((await response.text()) + JSON.stringify([...response.headers.keys()]))
  }
  expect(bodies.size).toBe(1)
})

it('after 60 wrong tokens from one address none is looked at for a minute; another address is not touched', async () => {
  const world = open()
  const looked = vi.spyOn(world.store, 'siteOfToken')
  for (let n = 0; n < 60; n++)
    expect((await read(world, '', { Authorization: `Bearer wrong${n}` })).status).toBe(401)
  const refused = await read(world)
  expect(refused.status).toBe(429)
  expect(refused.headers.get('retry-after')).toBe('60')
  expect(looked).toHaveBeenCalledTimes(60)
  expect((await read(world, '', {}, '192.0.2.10')).status).toBe(200)
  expect(world.logged.join('')).toContain('too many wrong tokens')
  expect(world.logged.join('')).not.toMatch(/192\.0\.2|wrong1/)
})

it('filters: time of the press, kind, matched, text, and marked calls only if they are asked for', async () => {
  const world = open({
    markOf: (context) => (context.event!.intent_target === 'bot' ? 'bot' : null),
  })
  const now = Date.now()
  const stamp = (ago: number): string => `${now - ago}-ab12-tel-abc123`
  await record(world, {
    intent_action: 'phone',
    intent_target: '+90 111',
    intent_stamp: stamp(5000),
  })
  await record(world, {
    intent_action: 'form',
    intent_target: 'contact',
    intent_page_url: 'https://s.example/Kontakt',
    intent_stamp: stamp(1000),
  })
  await record(world, { intent_action: 'phone', intent_target: 'bot', intent_stamp: stamp(500) })
  const targets = async (query: string): Promise<unknown[]> =>
    (await pageOf(await read(world, query))).calls.map(({ target }) => target)
  expect(await targets('')).toEqual(['contact', '+90 111'])
  expect(await targets('?marked=true')).toEqual(['bot', 'contact', '+90 111'])
  expect(await targets('?action=phone')).toEqual(['+90 111'])
  expect(await targets('?matched=true')).toEqual([])
  expect(await targets('?matched=false')).toHaveLength(2)
  expect(await targets('?search=kontakt')).toEqual(['contact'])
  expect(await targets(`?from=${now - 2000}`)).toEqual(['contact'])
  expect(await targets(`?to=${new Date(now - 2000).toISOString()}`)).toEqual(['+90 111'])
})

it.each([
  'limit=0',
  'limit=501',
  'limit=x',
  'from=yesterday',
  'from=2026-01-01T00:00',
  'matched=yes',
  'after=x',
  'after=123',
  'site=x',
  'format=xml',
  'time_zone=Mars',
  'currency=US',
  'search=a%00b',
  'serach=x',
  'limit=1&limit=2',
])('?%s is 400 and is named', async (query) => {
  const response = await read(open(), `?${query}`)
  expect(response.status).toBe(400)
  const body = (await response.json()) as { code: string; issues: { path: string }[] }
  expect(body.code).toBe('INVALID_QUERY')
  expect(body.issues[0]!.path).toBe(query.split('=')[0])
})

it('CSV opens in a spreadsheet: UTF-8 with a byte order mark, no formula, times in the zone that was asked for', async () => {
  const world = open()
  const at = Date.now() - 60_000
  await record(world, {
    intent_action: 'phone',
    intent_target: '+905000000000',
    intent_page_url: 'https://s.example/?q=a,"b"',
    intent_stamp: `${at}-ab12-tel-abc123`,
    fingerprint: '=cmd()',
    value: '12.50',
  })
  const response = await read(world, '?time_zone=Europe/Istanbul', { Accept: 'text/csv' })
  expect(response.headers.get('content-type')).toContain('text/csv; charset=utf-8')
  expect(response.headers.get('content-disposition')).toMatch(
    /^attachment; filename="calls-[\d-]+\.csv"$/,
  )
  expect(response.headers.get('cache-control')).toBe('no-store')
  const bytes = new Uint8Array(await response.arrayBuffer())
  expect(Array.from(bytes.slice(0, 3))).toEqual([0xef, 0xbb, 0xbf])
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
  const [head, row] = text.slice(CSV_START.length).split('\r\n')
  expect(head).toMatch(/^time \(Europe\/Istanbul\),action,target,/)
  const local = new Date(at + 3 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ')
  expect(row).toContain(
    `${local},phone,'+905000000000,"https://s.example/?q=a,""b""",unmatched,'=cmd(),`,
  )
  expect(row).toContain(',12.5,')
})

it('NDJSON has one call a line', async () => {
  const world = open()
  for (let n = 0; n < 3; n++) await record(world, { intent_target: `${n}` })
  const response = await read(world, '', { Accept: 'application/x-ndjson;q=0.9, text/html' })
  const lines = (await response.text()).trim().split('\n')
  expect(lines.map((line) => (JSON.parse(line) as { status: string }).status)).toEqual([
    'unmatched',
    'unmatched',
    'unmatched',
  ])
})

it('Google Ads: one click id in the column of its kind; no row without one or with one that cannot be Google’s', async () => {
  const world = open()
  const at = Date.now() - 60_000
  const stamp = (n: number): string => `${at + n * 1000}-ab12-tel-abc123`
  await record(world, { intent_stamp: stamp(0), gclid: 'Cj0K-_g', gbraid: 'also', value: 250 })
  await record(world, { intent_stamp: stamp(1), gbraid: 'gb1' })
  await record(world, { intent_stamp: stamp(2), wbraid: 'wb1' })
  await record(world, { intent_stamp: stamp(3), click_id: 'fb.1' })
  await record(world, { intent_stamp: stamp(4), gclid: '=HYPERLINK("x")' })
  await record(world, { intent_stamp: stamp(5), gclid: '-cmd' })
  const response = await read(
    world,
    '?format=google-ads&conversion=Phone%20call&currency=try&time_zone=Europe/Istanbul',
  )
  const lines = (await response.text()).split('\r\n')
  const local = (n: number): string =>
    new Date(at + n * 1000 + 3 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ')
  const id = '[\\da-f-]{36}'
  expect(lines[0]).toBe('Parameters:TimeZone=Europe/Istanbul')
  expect(lines[1]).toBe(
    'Google Click ID,GBRAID,WBRAID,Conversion Name,Conversion Time,Conversion Value,Conversion Currency,Order ID',
  )
  expect(lines[2]).toMatch(new RegExp(`^,,wb1,Phone call,${local(2)},,,${id}$`))
  expect(lines[3]).toMatch(new RegExp(`^,gb1,,Phone call,${local(1)},,,${id}$`))
  expect(lines[4]).toMatch(new RegExp(`^Cj0K-_g,,,Phone call,${local(0)},250,TRY,${id}$`))
  expect(lines.slice(5)).toEqual([''])
})

it('a database that does not respond is 503; one that fails in the middle of a file breaks the connection off', async () => {
  const world = open({ limiter: createMemoryLimiter(limits()) })
  world.store.siteOfToken = () => Promise.reject(new Error('down'))
  expect((await read(world)).status).toBe(503)
  const broken = open()
  await record(broken)
  const { calls } = await broken.store.readCalls(EVERYTHING)
  let pages = 0
  broken.store.readCalls = async () => {
    if (++pages === 3) throw new Error('down')
    return { calls, next: { occurredUs: 1, callId: calls[0]!.callId } }
  }
  const server = createHttpServer(createApp(broken), broken.origins)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}/api/calls?format=ndjson`
  const file = async (): Promise<string> =>
    (await fetch(url, { headers: { Authorization: `Bearer ${TOKEN}` } })).text()
  await expect(file()).rejects.toThrow()
  expect(pages).toBe(3)
  server.closeAllConnections()
  server.close()
})
