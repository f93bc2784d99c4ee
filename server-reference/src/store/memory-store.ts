import {
  canonicalSiteId,
  SITE_ID,
  TIMESTAMP_MAX_AGE_SECONDS,
  TIMESTAMP_MAX_AHEAD_SECONDS,
  VERIFIER_MARGIN_SECONDS,
  type SyncEvent,
} from '@opsmantik/tracker/contract'
import { portableDigests, type HmacSha256 } from '../digest/portable-digests.js'
import { secretsEqual } from '../digest/secrets-equal.js'
import { CALLS_PAGE } from './calls-after.js'
import { createMemoryReading } from './memory-reading.js'
import { pressTime } from './press-time.js'
import { sessionOfPress, type SeenSession } from './session-of-press.js'
import type { Sighting } from './sighting.js'
import type { ListedCall, MatchedCall, NewCall, NewSync, RecordedCall, Store } from './store.js'

export interface MemorySite {
  id: string
  publicId: string
  secrets: string[]
}

/** The content of a MemoryStore, open to tests. */
export interface Memory {
  sites: MemorySite[]
  calls: (RecordedCall & NewCall)[]
  syncEvents: { siteId: string; event: SyncEvent; at: number }[]
  /** UUIDs of sites by the SHA-256 of their tokens in hex. */
  tokens: Map<string, string>
  sessions: SeenSession[]
  sightings: Sighting[]
}

/** Creates a store without a database, for tests and mocks. It passes the same suite as the others. */
export const createMemoryStore = (
  sites: MemorySite[],
  now: () => number = Date.now,
  hmacSha256: HmacSha256 = portableDigests.hmacSha256,
): Store & { memory: Memory } => {
  const memory: Memory = {
    sites,
    calls: [],
    syncEvents: [],
    sessions: [],
    tokens: new Map(),
    sightings: [],
  }
  /** Calls by what identifies them: `memory.calls` may grow long. */
  const recordedAs = new Map<string, RecordedCall>()
  let hearLateMatch: (call: MatchedCall) => void = () => {}

  const find = (identifier: string): MemorySite | undefined => {
    if (!SITE_ID.test(identifier)) return undefined
    const hex = canonicalSiteId(identifier)
    return (
      sites.find((site) => canonicalSiteId(site.id) === hex) ??
      sites.find((site) => site.publicId === hex)
    )
  }
  const visit = (siteId: string, event: SyncEvent): void => {
    const { sid, event_id, meta } = event
    if (
      event_id !== undefined &&
      memory.syncEvents.some((e) => e.siteId === siteId && e.event.event_id === event_id)
    )
      return
    memory.syncEvents.push({ siteId, event, at: now() })
    const known = memory.sessions.find((s) => s.siteId === siteId && s.sid === sid)
    const session = known ?? { siteId, sid, fingerprint: null, seen: [] }
    if (known === undefined) memory.sessions.push(session)
    session.fingerprint = meta?.fp ?? session.fingerprint
    session.seen.push(now())
  }
  /** Matches the calls of these events' visitors whose session is known by now. */
  const matchWaiting = (events: readonly NewSync[]): void => {
    for (const { siteId, event } of events)
      for (const call of memory.calls) {
        if (call.sessionId !== null || call.siteId !== siteId) continue
        if (call.event.fingerprint !== event.meta?.fp) continue
        const sid = sessionOfPress(memory.sessions, siteId, call.event.fingerprint, call.occurredAt)
        if (sid === null) continue
        call.sessionId = sid
        hearLateMatch({ ...listed(call), sessionId: sid })
      }
  }
  return {
    memory,
    verify: async ({ site, ts, body, signature }) => {
      const age = Math.floor(now() / 1000) - Number(ts)
      if (age > TIMESTAMP_MAX_AGE_SECONDS + VERIFIER_MARGIN_SECONDS) return null
      if (age < -TIMESTAMP_MAX_AHEAD_SECONDS - VERIFIER_MARGIN_SECONDS) return null
      const found = find(site)
      const sent = signature.toLowerCase()
      const good = (found?.secrets ?? []).map((secret) =>
        secretsEqual(hmacSha256(secret, `${ts}.${body}`), sent),
      )
      return good.includes(true) ? (found?.id ?? null) : null
    },
    resolve: async (identifier) => find(identifier)?.id ?? null,
    recordCall: async (call) => {
      const { siteId, event, replayKey, digest } = call
      const mark = event.event_id ?? replayKey
      const key = mark === null ? null : `${siteId}|${mark}`
      const earlier = key === null ? undefined : recordedAs.get(key)
      if (earlier !== undefined) {
        const { callId, sessionId, digest: first, occurredAt, recordedAt } = earlier
        return { callId, sessionId, inserted: false, digest: first, occurredAt, recordedAt }
      }
      const arrival = now()
      const occurredAt = pressTime(event.intent_stamp, arrival) ?? arrival
      const recorded = {
        callId: crypto.randomUUID(),
        sessionId: sessionOfPress(memory.sessions, siteId, event.fingerprint, occurredAt),
        inserted: true,
        digest,
        occurredAt,
        // Two calls of one millisecond have an order too.
        recordedAt: Math.max(arrival * 1000, (memory.calls.at(-1)?.recordedAt ?? 0) + 1),
      }
      // One object, so that a late match is seen in both places.
      const kept = { ...call, ...recorded }
      memory.calls.push(kept)
      if (key !== null) recordedAs.set(key, kept)
      return recorded
    },
    recordSync: async (events) => {
      for (const { siteId, event } of events) visit(siteId, event)
      matchWaiting(events)
    },
    callsAfter: async ({ recordedAt, callId }) =>
      memory.calls
        .filter(
          (call) =>
            call.recordedAt > recordedAt ||
            (call.recordedAt === recordedAt && call.callId > callId),
        )
        .slice(0, CALLS_PAGE)
        .map(listed),
    latestCall: async () => memory.calls.at(-1) ?? null,
    ...createMemoryReading(memory),
    onLateMatch: (listener) => {
      hearLateMatch = listener
    },
    ping: async () => {},
    close: async () => {},
  }
}

const listed = ({
  callId,
  siteId,
  sessionId,
  endpoint,
  event,
  ...times
}: NewCall & RecordedCall): ListedCall => ({
  callId,
  siteId,
  sessionId,
  endpoint,
  action: event.intent_action ?? event.action ?? null,
  target: event.intent_target ?? event.phone_number ?? null,
  pageUrl: event.intent_page_url ?? event.url ?? null,
  occurredAt: times.occurredAt,
  recordedAt: times.recordedAt,
})
