import type { Memory } from './memory-store.js'
import { createMemorySightings } from './memory-sightings.js'
import type { CallCount, CallQuery, DropCount, ReadCall, Reading } from './reading.js'

/** Creates the reading of the store without a database: the same results, by scanning everything. */
export const createMemoryReading = (memory: Memory): Reading => {
  /** Returns all calls, the newest press first. */
  const all = (siteId: string | null): ReadCall[] =>
    memory.calls
      .filter((call) => siteId === null || call.siteId === siteId)
      .map(readCall)
      .toSorted(newestFirst)
  return {
    siteOfToken: async (digest) => memory.tokens.get(digest) ?? null,
    sites: async (siteId) =>
      memory.sites
        .filter(({ id }) => siteId === null || id === siteId)
        .map(({ id, publicId }) => ({ id, publicId, name: null })),
    readCalls: async (query) => {
      const found = all(query.siteId).filter((call) => isWanted(call, query))
      const calls = found.slice(0, query.limit)
      const { occurredUs, callId } = calls.at(-1) ?? { occurredUs: 0, callId: '' }
      return { calls, next: found.length > calls.length ? { occurredUs, callId } : null }
    },
    readStory: async (siteId, { occurredUs, callId }) => {
      const calls = all(siteId)
      const call = calls.find((one) => one.callId === callId && one.occurredUs === occurredUs)
      if (call === undefined) return null
      const isVisitors = (one: { siteId: string; fingerprint: string | null }): boolean =>
        one.siteId === call.siteId && one.fingerprint === call.fingerprint
      return {
        call,
        others: calls.filter((one) => isVisitors(one) && one !== call),
        visits: memory.sessions.filter(isVisitors).map(({ sid, seen }) => {
          const events = memory.syncEvents.filter(({ event }) => event.sid === sid)
          return {
            sessionId: sid,
            entryUrl: events[0]?.event.u ?? null,
            referrer: events[0]?.event.r ?? null,
            firstSeen: seen[0]!,
            lastSeen: seen.at(-1)!,
            pages: events.map(({ event, at }) => ({
              at,
              url: event.u,
              category: event.ec,
              action: event.ea,
            })),
          }
        }),
      }
    },
    summariseCalls: async ({ siteId, bounds, from }) => {
      const counts = new Map<string, CallCount>()
      const count = (by: CallCount['by'], bucket: number, name: string): void => {
        const key = JSON.stringify([by, bucket, name])
        const known = counts.get(key) ?? { by, bucket, name, count: 0 }
        counts.set(key, { ...known, count: known.count + 1 })
      }
      for (const call of all(siteId)) {
        const at = call.occurredUs / 1000
        const bucket = bounds.findLastIndex((bound) => at >= bound)
        if (call.marked !== null || bucket === -1 || bucket === bounds.length - 1) continue
        count('kind', bucket, call.action ?? '')
        if (at < from) continue
        const url = call.pageUrl ?? ''
        count('page', 0, url.replace(/[?#].*$/s, ''))
        const utm = (name: string): string =>
          new RegExp(`[?&]utm_${name}=([^&#]*)`).exec(url)?.[1] ?? ''
        count('campaign', 0, [adOf(call), utm('source'), utm('campaign')].join('|'))
        count('site', 0, call.siteId)
      }
      return [...counts.values()]
    },
    countDrops: async (siteId, since) => {
      const counts = new Map<string, DropCount>()
      for (const { siteId: of, event, at } of memory.syncEvents) {
        const drops: unknown = event.meta?.drops
        if (at < since || (siteId !== null && of !== siteId)) continue
        if (typeof drops !== 'object' || drops === null) continue
        for (const [reason, n] of Object.entries(drops)) {
          if (!/^\d{1,6}$/.test(String(n)) || reason.length > 64) continue
          const key = `${of} ${reason}`
          counts.set(key, {
            siteId: of,
            reason,
            count: (counts.get(key)?.count ?? 0) + Number(n),
          })
        }
      }
      return [...counts.values()].toSorted((a, b) => b.count - a.count)
    },
    ...createMemorySightings(memory),
    // Without a database there is no queue.
    webhooks: async () => [],
    resendAbandoned: async () => null,
  }
}

const newestFirst = (a: ReadCall, b: ReadCall): number =>
  b.occurredUs - a.occurredUs || (b.callId < a.callId ? -1 : 1)

const isWanted = (call: ReadCall, query: CallQuery): boolean => {
  const { from, to, action, isMatched, search, hasGoogleClick, withMarked, after } = query
  if (from !== null && call.occurredUs < from * 1000) return false
  if (to !== null && call.occurredUs >= to * 1000) return false
  if (action !== null && call.action !== action) return false
  if (isMatched !== null && (call.sessionId !== null) !== isMatched) return false
  if (hasGoogleClick && (call.gclid ?? call.gbraid ?? call.wbraid) === null) return false
  if (!withMarked && call.marked !== null) return false
  const text = `${call.target ?? ''} ${call.pageUrl ?? ''}`.toLowerCase()
  if (search !== null && !text.includes(search.toLowerCase())) return false
  if (after === null || call.occurredUs < after.occurredUs) return true
  return call.occurredUs === after.occurredUs && call.callId < after.callId
}

const adOf = (call: ReadCall): string => {
  if (call.gclid !== null) return 'gclid'
  if (call.gbraid !== null) return 'gbraid'
  if (call.wbraid !== null) return 'wbraid'
  return call.clickId === null ? '' : 'click'
}

const readCall = ({ event, marked = null, ...call }: Memory['calls'][number]): ReadCall => ({
  callId: call.callId,
  siteId: call.siteId,
  sessionId: call.sessionId,
  fingerprint: event.fingerprint,
  endpoint: call.endpoint,
  action: event.intent_action ?? event.action ?? null,
  target: event.intent_target ?? event.phone_number ?? null,
  pageUrl: event.intent_page_url ?? event.url ?? null,
  clickId: event.click_id ?? null,
  gclid: event.gclid ?? null,
  gbraid: event.gbraid ?? null,
  wbraid: event.wbraid ?? null,
  value: event.value == null ? null : Number(event.value),
  marked,
  occurredUs: call.occurredAt * 1000,
  recordedUs: call.recordedAt,
})
