import { randomUUID } from 'node:crypto'
import type { CallEvent } from '@opsmantik/tracker/contract'
import { expect, it } from 'vitest'
import type { CallQuery, ReadCall, ReadCursor } from '../store/reading.js'
import { SIGHTINGS_KEPT, type NewSighting } from '../store/sighting.js'
import type { NewCall, Store } from '../store/store.js'
import { OTHER_SITE, SITE } from './sign.js'

const everything: CallQuery = {
  siteId: SITE.id,
  from: null,
  to: null,
  action: null,
  isMatched: null,
  search: null,
  hasGoogleClick: false,
  withMarked: false,
  after: null,
  limit: 50,
}

/** Tests what every store returns to the owners of a site. Each test has its own word, and searches for it. */
export const readingSuite = (open: () => Store): void => {
  const record = async (
    word: string,
    ago: number,
    fields: Partial<CallEvent> = {},
    rest: Partial<NewCall> = {},
  ): Promise<string> => {
    const { callId } = await open().recordCall({
      siteId: SITE.id,
      endpoint: '/api/call-event/v2',
      event: {
        site_id: SITE.publicId,
        fingerprint: word,
        event_id: randomUUID(),
        intent_action: 'phone',
        intent_target: word,
        intent_stamp: `${Date.now() - ago}-ab12-tel-abc123`,
        ...fields,
      },
      replayKey: null,
      digest: 'aa'.repeat(32),
      ...rest,
    })
    return callId
  }
  const all = async (query: Partial<CallQuery>): Promise<ReadCall[]> => {
    const found: ReadCall[] = []
    let after: ReadCursor | null = null
    do {
      const page = await open().readCalls({ ...everything, ...query, after })
      expect(page.calls.length).toBeLessThanOrEqual(query.limit ?? everything.limit)
      found.push(...page.calls)
      after = page.next
    } while (after !== null)
    return found
  }

  it('pages have every call once, newest press first, also if presses are of the same millisecond', async () => {
    const word = randomUUID()
    const stamp = `${Date.now() - 60_000}-ab12-tel-abc123`
    const ids: string[] = []
    for (let n = 0; n < 7; n++)
      ids.push(await record(word, (n % 3) * 1000, n > 4 ? { intent_stamp: stamp } : {}))
    for (const limit of [1, 3, 7, 50]) {
      const read = await all({ search: word, limit })
      expect(read.map(({ callId }) => callId).toSorted(), `${limit}`).toEqual(ids.toSorted())
      const times = read.map(({ occurredUs }) => occurredUs)
      expect(times).toEqual(times.toSorted((a, b) => b - a))
    }
  })

  it('a call comes back with everything that its owner may want to know', async () => {
    const word = randomUUID()
    const at = Date.now() - 3_000
    const callId = await record(word, 0, {
      intent_stamp: `${at}-ab12-tel-abc123`,
      intent_page_url: 'https://s.example/?x=1',
      click_id: 'c',
      gclid: 'g',
      gbraid: 'gb',
      wbraid: 'w',
      value: '12.50',
    })
    const [read] = await all({ search: word })
    expect(read).toEqual({
      callId,
      siteId: SITE.id,
      sessionId: null,
      fingerprint: word,
      endpoint: '/api/call-event/v2',
      action: 'phone',
      target: word,
      pageUrl: 'https://s.example/?x=1',
      clickId: 'c',
      gclid: 'g',
      gbraid: 'gb',
      wbraid: 'w',
      value: 12.5,
      marked: null,
      occurredUs: at * 1000,
      recordedUs: expect.any(Number),
    })
  })

  it('every filter leaves out what it should, and one site sees nothing of another', async () => {
    const word = randomUUID()
    const now = Date.now()
    await record(word, 4_000, { intent_page_url: 'https://s.example/Über-uns' })
    await record(word, 3_000, { intent_action: 'form', gclid: 'g' })
    await record(word, 2_000, {}, { marked: 'bot' })
    await record(word, 1_000, {}, { siteId: OTHER_SITE.id })
    const count = async (query: Partial<CallQuery>): Promise<number> =>
      (await all({ search: word, ...query })).length
    expect(await count({})).toBe(2)
    expect(await count({ siteId: null })).toBe(3)
    expect(await count({ siteId: OTHER_SITE.id })).toBe(1)
    expect(await count({ siteId: randomUUID() })).toBe(0)
    expect(await count({ withMarked: true })).toBe(3)
    expect(await count({ action: 'form' })).toBe(1)
    expect(await count({ hasGoogleClick: true })).toBe(1)
    expect(await count({ isMatched: true })).toBe(0)
    expect(await count({ isMatched: false })).toBe(2)
    expect(await count({ from: now - 3_500 })).toBe(1)
    expect(await count({ to: now - 3_500 })).toBe(1)
    expect(await count({ search: word.toUpperCase() })).toBe(2)
    expect(await count({ search: '%' })).toBe(0)
  })

  it('a call’s story has the visits of its visitor with their pages, and the visitor’s other calls', async () => {
    const word = randomUUID()
    const { recordSync } = open()
    const view = (u: string, r?: string) => ({
      siteId: SITE.id,
      event: {
        s: SITE.publicId,
        u,
        sid: `s-${word}`,
        sm: '2026-11-01',
        ec: 'page',
        ea: 'view',
        ...(r !== undefined && { r }),
        meta: { fp: word },
      },
    })
    await recordSync([view('https://s.example/first', 'https://ads.example/')])
    await recordSync([view('https://s.example/second')])
    const callId = await record(word, 0)
    const other = await record(word, 60_000, { intent_action: 'form' })
    const read = (await all({ search: word })).find((call) => call.callId === callId)!
    const story = await open().readStory(SITE.id, read)
    expect(story!.call).toEqual(read)
    expect(story!.others.map((call) => call.callId)).toEqual([other])
    expect(story!.visits).toHaveLength(1)
    expect(story!.visits[0]).toMatchObject({
      sessionId: `s-${word}`,
      entryUrl: 'https://s.example/first',
      referrer: 'https://ads.example/',
    })
    expect(story!.visits[0]!.pages.map(({ url }) => url)).toEqual([
      'https://s.example/first',
      'https://s.example/second',
    ])
    expect(await open().readStory(OTHER_SITE.id, read)).toBeNull()
    expect(await open().readStory(SITE.id, { ...read, callId: randomUUID() })).toBeNull()
  })

  it('the summary counts by period and kind, page, campaign and site, without what is marked', async () => {
    const site = OTHER_SITE.id
    const now = Date.now()
    const bounds = [now - 90_000_000, now - 80_000_000, now - 70_000_000, now - 60_000_000]
    const at = (n: number, fields: Partial<CallEvent> = {}, rest: Partial<NewCall> = {}) =>
      record(randomUUID(), now - bounds[n]! - 1000, fields, { siteId: site, ...rest })
    await at(0)
    await at(1, {
      intent_page_url: 'https://s.example/a?utm_source=ads&utm_campaign=spring#x',
      gclid: 'g',
    })
    await at(1, { intent_page_url: 'https://s.example/a?b=1', intent_action: 'form' })
    await at(2, { intent_page_url: 'https://s.example/b', wbraid: 'w' })
    await at(2, {}, { marked: 'own' })
    await at(3)
    const counts = await open().summariseCalls({ siteId: site, bounds, from: bounds[1]! })
    const of = (by: string): string[] =>
      counts
        .filter((one) => one.by === by)
        .map(({ bucket, name, count }) => `${bucket} ${name} ${count}`)
        .toSorted()
    expect(of('kind')).toEqual(['0 phone 1', '1 form 1', '1 phone 1', '2 phone 1'])
    expect(of('page')).toEqual(['0 https://s.example/a 2', '0 https://s.example/b 1'])
    expect(of('campaign')).toEqual(['0 gclid|ads|spring 1', '0 wbraid|| 1', '0 || 1'])
    expect(of('site')).toEqual([`0 ${site} 3`])
    const others = await open().summariseCalls({ siteId: randomUUID(), bounds, from: bounds[1]! })
    expect(others).toEqual([])
  })

  it('drops that trackers report are counted by site and reason; what makes no sense is not', async () => {
    const reason = `r${randomUUID()}`
    const since = Date.now() - 1_000
    const report = (drops: unknown) =>
      open().recordSync([
        {
          siteId: SITE.id,
          event: {
            s: SITE.publicId,
            u: 'https://s.example/',
            sid: randomUUID(),
            sm: '2026-11-01',
            ec: 'page',
            ea: 'view',
            meta: { fp: randomUUID(), drops },
          },
        },
      ])
    await report({ [reason]: 2, other: 1 })
    await report({ [reason]: 3 })
    for (const odd of [
      'x',
      5,
      null,
      [1],
      { [reason]: -1 },
      { [reason]: 'many' },
      { [reason]: 1e12 },
    ])
      await report(odd)
    const counts = await open().countDrops(SITE.id, since)
    expect(counts.filter((one) => one.reason === reason)).toEqual([
      { siteId: SITE.id, reason, count: 5 },
    ])
    expect(await open().countDrops(OTHER_SITE.id, since)).toEqual([])
  })

  it('sites are listed by name, all or one', async () => {
    const sites = await open().sites(null)
    expect(sites.map(({ id }) => id)).toEqual(expect.arrayContaining([SITE.id, OTHER_SITE.id]))
    expect(await open().sites(SITE.id)).toEqual([
      { id: SITE.id, publicId: SITE.publicId, name: null },
    ])
  })

  it('a token that nobody has made opens nothing', async () => {
    for (const digest of ['', 'x', 'ab'.repeat(32)])
      expect(await open().siteOfToken(digest)).toBeNull()
  })

  const sighting = (fields: Partial<NewSighting>): NewSighting => ({
    kind: 'refused',
    endpoint: '/api/call-event/v2',
    code: 'SIGNATURE_INVALID',
    status: 401,
    origin: '',
    proxyHost: '',
    isVerified: false,
    count: 1,
    firstAt: Date.now(),
    lastAt: Date.now(),
    siteId: null,
    claimed: null,
    ...fields,
  })

  it('what was seen goes to the site that it claims, in either form of its id; what claims none goes to no site', async () => {
    const origin = `https://${randomUUID()}.example`
    const firstAt = Date.now() - 5_000
    const { addSightings, readSightings } = open()
    await addSightings([
      sighting({ origin, claimed: SITE.publicId, count: 2, firstAt }),
      sighting({ origin, claimed: SITE.id.replaceAll('-', '') }),
      sighting({ origin, claimed: 'a'.repeat(32) }),
      sighting({ origin, claimed: 'a'.repeat(32), siteId: OTHER_SITE.id, kind: 'preflight' }),
      sighting({ origin, siteId: OTHER_SITE.id, kind: 'script', code: '' }),
    ])
    await addSightings([sighting({ origin, siteId: SITE.id })])
    const of = async (siteId: string | null) =>
      (await readSightings(siteId)).filter((one) => one.origin === origin)
    expect(await of(SITE.id)).toMatchObject([{ count: 4, firstAt, siteId: SITE.id, status: 401 }])
    expect((await of(OTHER_SITE.id)).map(({ kind }) => kind).toSorted()).toEqual([
      'preflight',
      'script',
    ])
    expect(await of(null)).toMatchObject([{ count: 1, siteId: null }])
  })

  it('of what was seen the newest rows of each kind stay', async () => {
    const origin = `https://${randomUUID()}.example`
    const { addSightings, readSightings } = open()
    const lastAt = Date.now() + 60_000
    await addSightings([sighting({ kind: 'press', code: '', origin, siteId: SITE.id })])
    await addSightings(
      Array.from({ length: 3 * SIGHTINGS_KEPT }, (_, n) =>
        sighting({ origin, proxyHost: `p${n}`, siteId: SITE.id, lastAt: lastAt + n }),
      ),
    )
    const seen = (await readSightings(SITE.id)).filter((one) => one.origin === origin)
    expect(seen.filter(({ kind }) => kind === 'refused').map(({ proxyHost }) => proxyHost)).toEqual(
      Array.from({ length: SIGHTINGS_KEPT }, (_, n) => `p${3 * SIGHTINGS_KEPT - 1 - n}`),
    )
    expect(seen.filter(({ kind }) => kind === 'press')).toHaveLength(1)
  })
}
