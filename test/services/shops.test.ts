import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { answersOf, type ReadAnswers } from '../../bench/shops/answers.js'
import { generateShops } from '../../bench/shops/generate.js'
import { loadShops } from '../../bench/shops/load.js'
import { createApp, type App } from '../../server-reference/src/app.js'
import type { Database } from '../../server-reference/src/store/database.js'
import { openEmbedded } from '../../server-reference/src/store/embedded.js'
import { openServerDatabase } from '../../server-reference/src/store/server-database.js'
import { createSqlStore } from '../../server-reference/src/store/sql-store.js'
import { createWorld, type TestWorld } from '../../server-reference/src/testing/world.js'
import { startPostgres } from './postgres.mjs'

const shops = generateShops({
  seed: 20261122,
  sites: 3,
  days: 30,
  until: Date.UTC(2026, 10, 8),
  visits: 30,
})
/** In New York, the clock goes back within this period. */
const PERIOD = { before: '2026-10-13', from: '2026-10-25', to: '2026-11-05' }
const TUESDAY = '2026-11-03'
const ZONES = ['Europe/Istanbul', 'America/New_York', 'Asia/Kathmandu']
const DAY_MS = 86_400_000

/** Returns the days from one to another, both included. */
const daysBetween = (from: string, to: string): string[] => {
  const days: string[] = []
  for (let at = Date.parse(from); at <= Date.parse(to); at += DAY_MS)
    days.push(new Date(at).toISOString().slice(0, 10))
  return days
}
/** Returns the first moment of a day in a zone: the one of its neighbourhood that the zone's clock calls midnight. */
const midnight = (day: string, timeZone: string): number => {
  const clock = new Intl.DateTimeFormat('sv-SE', {
    timeZone,
    dateStyle: 'short',
    timeStyle: 'medium',
  })
  const quarter = 15 * 60_000
  for (let at = Date.parse(day) - DAY_MS; at < Date.parse(day) + DAY_MS; at += quarter)
    if (clock.format(at) === `${day} 00:00:00`) return at
  throw new Error(`${day} has no midnight in ${timeZone}`)
}
const nextDay = (day: string): string =>
  new Date(Date.parse(day) + DAY_MS).toISOString().slice(0, 10)
const sum = (counts: Record<string, number>): number =>
  Object.values(counts).reduce((all, count) => all + count, 0)
const countBy = <T>(list: readonly T[], name: (one: T) => string): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const one of list) counts[name(one)] = (counts[name(one)] ?? 0) + 1
  return counts
}

interface Call {
  action: string
  page_url: string
  status: string
  occurred_at: number
  gclid: string | null
  gbraid: string | null
  wbraid: string | null
}
interface Count {
  by: string
  bucket: number
  name: string
  count: number
}

it('the same seed invents the same shops, and another seed others', () => {
  const options = { seed: 7, sites: 2, days: 5, until: Date.UTC(2026, 10, 8) }
  expect(generateShops(options)).toEqual(generateShops(options))
  expect(generateShops({ ...options, seed: 8 })).not.toEqual(generateShops(options))
  // One more shop does not change the first ones' visitors.
  const first = generateShops({ ...options, sites: 3 }).shops[0]!.id
  const targets = (sites: number): number[] =>
    generateShops({ ...options, sites })
      .calls.filter(({ shop }) => shop.id === first)
      .map(({ at }) => at)
  expect(targets(3)).toEqual(targets(2))
})

it('the shops have everything that a month has', () => {
  const { calls, visits } = shops
  const kinds = new Set(calls.map(({ click }) => click?.kind))
  expect([...kinds].toSorted()).toEqual(['click_id', 'gbraid', 'gclid', 'wbraid', undefined])
  for (const has of [
    calls.some(({ sid }) => sid === null),
    calls.some(({ marked }) => marked === 'bot'),
    calls.some(({ marked }) => marked === 'own'),
    calls.some(({ value }) => value !== null),
    calls.some(({ isLegacy }) => isLegacy),
    calls.some(({ at, recordedAt }) => recordedAt - at > DAY_MS),
    visits.some(({ pages }) => pages.some(({ drops }) => drops !== null)),
  ])
    expect(has).toBe(true)
})

describe.each(['the embedded database', 'Postgres'])('on %s', (where) => {
  let database: Database
  let app: App
  let world: TestWorld
  let stop = async (): Promise<void> => {}

  beforeAll(async () => {
    if (where === 'Postgres') {
      const postgres = await startPostgres()
      stop = () => postgres.stop()
      database = await openServerDatabase(postgres.url())
    } else database = await openEmbedded(null)
    await loadShops(database, shops)
    world = createWorld({ store: createSqlStore(database) as never })
    app = createApp(world)
  }, 120_000)
  afterAll(async () => {
    await database.close()
    await stop()
  })

  const get = async (path: string, token: string): Promise<Response> => {
    const response = await app.request(`/api/calls${path}`, {
      headers: { Authorization: `Bearer ${token}` },
    })
    expect(response.status, path).toBe(200)
    return response
  }
  const allOf = async (query: string, token: string): Promise<Call[]> => {
    const found: Call[] = []
    let next: string | null = null
    do {
      const after: string = next === null ? '' : `&after=${next}`
      const page = (await (await get(`?limit=100${query}${after}`, token)).json()) as {
        calls: Call[]
        next: string | null
      }
      found.push(...page.calls)
      next = page.next
    } while (next !== null)
    return found
  }
  /** Each shop's owner, and who may see them all. */
  const readers = () => [
    ...shops.shops.map(({ name, id, token }) => ({ name, token, siteId: id })),
    { name: 'all shops', token: world.liveToken!, siteId: undefined },
  ]
  const asked = (timeZone: string, siteId: string | undefined, period = PERIOD): ReadAnswers =>
    answersOf(shops, { timeZone, ...period, ...(siteId !== undefined && { siteId }) })

  it.each(ZONES)('the summary is what happened, by the days of %s', async (timeZone) => {
    for (const { name, token, siteId } of readers()) {
      const days = daysBetween(PERIOD.before, PERIOD.to)
      const bounds = [...days, nextDay(PERIOD.to)].map((day) => midnight(day, timeZone))
      const from = midnight(PERIOD.from, timeZone)
      const { counts } = (await (
        await get(`/summary?at=${bounds.join()}&from=${from}`, token)
      ).json()) as { counts: Count[] }
      const answers = asked(timeZone, siteId)
      expect(answers.total, name).toBeGreaterThan(40)
      const shown = (by: string): Record<string, number> =>
        Object.fromEntries(
          counts.filter((one) => one.by === by).map((one) => [one.name, one.count]),
        )
      const byDay: Record<string, Record<string, number>> = {}
      let before = 0
      for (const { by, bucket, name: kind, count } of counts) {
        if (by !== 'kind') continue
        const day = days[bucket]!
        if (day < PERIOD.from) before += count
        else (byDay[day] ??= {})[kind] = count
      }
      expect(byDay, name).toEqual(answers.days)
      expect(before, name).toBe(answers.before)
      expect(shown('page'), name).toEqual(answers.pages)
      expect(shown('campaign'), name).toEqual(answers.campaigns)
      expect(shown('site'), name).toEqual(answers.sites)
    }
  })

  it.each(ZONES)('the list of a Tuesday in %s: from which page, and from an ad?', async (zone) => {
    for (const { name, token, siteId } of readers()) {
      const from = midnight(TUESDAY, zone)
      const to = midnight(nextDay(TUESDAY), zone)
      const period = { before: TUESDAY, from: TUESDAY, to: TUESDAY }
      const answers = asked(zone, siteId, period)
      const calls = await allOf(`&from=${from}&to=${to}`, token)
      expect(calls.length, name).toBe(answers.total)
      expect(countBy(calls, ({ action }) => action)).toEqual(answers.kinds)
      expect(countBy(calls, ({ page_url }) => page_url.replace(/\?.*/, ''))).toEqual(answers.pages)
      const fromAds = calls.filter((call) => (call.gclid ?? call.gbraid ?? call.wbraid) !== null)
      expect(fromAds.length).toBe(answers.fromGoogleAds)
      expect(calls.filter(({ status }) => status === 'unmatched').length).toBe(answers.unmatched)
      const all = await allOf(`&from=${from}&to=${to}&marked=true`, token)
      expect(all.length).toBe(answers.total + answers.marked)
    }
  })

  it.each(ZONES)('every file has what happened, with the times of %s', async (timeZone) => {
    for (const { name, token, siteId } of readers()) {
      const answers = asked(timeZone, siteId)
      const range = `from=${midnight(PERIOD.from, timeZone)}&to=${midnight(nextDay(PERIOD.to), timeZone)}`
      const file = async (format: string): Promise<string[]> => {
        const response = await get(`?${range}&format=${format}&time_zone=${timeZone}`, token)
        return (await response.text()).trimEnd().split(/\r?\n/)
      }
      const json = (await file('ndjson')).map((line) => JSON.parse(line) as Call)
      expect(
        countBy(json, ({ action }) => action),
        name,
      ).toEqual(answers.kinds)
      const csv = (await file('csv')).slice(1)
      const dayTotals = Object.entries(answers.days).map(([day, kinds]) => [day, sum(kinds)])
      expect(countBy(csv, (line) => line.slice(0, 10))).toEqual(Object.fromEntries(dayTotals))
      expect((await file('google-ads')).slice(2).length).toBe(answers.fromGoogleAds)
    }
  })

  it('a search, a kind and a match narrow the list as they say', async () => {
    const [shop] = shops.shops
    const own = shops.calls.filter((one) => one.shop === shop && one.marked === null)
    const { token } = shop!
    const wanted = own.filter(({ pageUrl }) => pageUrl.includes('/iletisim'))
    expect((await allOf('&search=/ILETISIM', token)).length).toBe(wanted.length)
    for (const kind of ['phone', 'form', 'sms'])
      expect((await allOf(`&action=${kind}`, token)).length).toBe(
        own.filter((one) => one.kind === kind).length,
      )
    expect((await allOf('&matched=false', token)).length).toBe(
      own.filter(({ sid }) => sid === null).length,
    )
  })

  it('what trackers dropped is what they reported', async () => {
    const [shop] = shops.shops
    const reported: Record<string, number> = {}
    for (const visit of shops.visits)
      if (visit.shop === shop)
        for (const { drops } of visit.pages)
          for (const [reason, count] of Object.entries(drops ?? {}))
            reported[reason] = (reported[reason] ?? 0) + count
    const first = Math.min(...shops.visits.map(({ pages }) => pages[0]!.at))
    const counts = await world.store.countDrops(shop!.id, first)
    expect(Object.fromEntries(counts.map(({ reason, count }) => [reason, count]))).toEqual(reported)
    expect(sum(reported)).toBeGreaterThan(0)
  })
})
