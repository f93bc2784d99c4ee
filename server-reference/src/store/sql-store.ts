import { MATCH_WINDOW_MS, SITE_ID } from '@opsmantik/tracker/contract'
import { createBatcher, createLine } from './batcher.js'
import { callsAfter, latestCall } from './calls-after.js'
import type { Database } from './database.js'
import { insertCalls } from './insert-calls.js'
import { insertSync } from './insert-sync.js'
import { matchWaitingCalls, type Visitor } from './match-waiting-calls.js'
import { NotStorable } from './not-storable.js'
import { pastTransition } from './past-transition.js'
import { readCalls } from './read-calls.js'
import { readStory } from './read-story.js'
import type { NamedSite } from './reading.js'
import { createRecheck } from './recheck.js'
import { resolveSites } from './resolve-sites.js'
import type { MatchedCall, NewCall, NewSync, RecordedCall, SignatureClaim, Store } from './store.js'
import { isRowFault, isSiteGone } from './sql-errors.js'
import { countDrops, summariseCalls } from './summarise-calls.js'
import { addSightings, readSightings } from './sightings.js'
import { verifySignatures } from './verify-signatures.js'
import { resendAbandoned, webhookStates } from './webhook-states.js'

export interface SqlStore extends Store {
  /** Looks at all waiting calls again: a process that ended may have owed them that. */
  matchAllWaiting(): Promise<void>
}

/** Those that have a session: without one there is nothing to match. */
const WAITING = `
select w.site_id as "siteId", w.fingerprint
from (
  select distinct site_id, fingerprint from public.unmatched_calls
  where occurred_at > now() - interval '30 minutes'
) w
where (
  select true from public.sessions s
  where s.site_id = w.site_id and s.fingerprint = w.fingerprint and s.last_seen_at > now() - interval '1 hour'
  limit 1
)`

const SITE_OF_TOKEN = `
select public.site_of_token_v1(given.digest) as site_id from json_array_elements_text($1::json) as given (digest)`

const SITES = `
select s.id, s.public_id as "publicId", s.name
from json_to_recordset($1::json) as q (site_id uuid)
join public.sites s on q.site_id is null or s.id = q.site_id
order by s.created_at, s.id`

/** Creates the store on a Postgres, embedded or not. Concurrent requests share statements. */
export const createSqlStore = (
  database: Database,
  onBatch: (statement: string, size: number) => void = () => {},
  now: () => number = Date.now,
): SqlStore => {
  const line = createLine()
  let hearLateMatch: (call: MatchedCall) => void = () => {}
  const publish = (calls: readonly MatchedCall[]): void => calls.forEach(hearLateMatch)
  const recheck = createRecheck<Visitor>(
    async (visitors) => publish(await matchWaitingCalls(database, visitors)),
    ({ siteId, fingerprint }) => siteId + fingerprint,
  )
  const verify = createBatcher<SignatureClaim, string | null>(
    (claims) => verifySignatures(database, claims),
    isRowFault,
    (size) => onBatch('verify', size),
    line,
  )
  const resolve = createBatcher<string, string | null>(
    (identifiers) => resolveSites(database, identifiers),
    isRowFault,
    (size) => onBatch('resolve', size),
    line,
  )
  const recordCall = createBatcher<NewCall, RecordedCall>(
    async (calls) => {
      const recorded = await pastTransition(() => insertCalls(database, calls, now()))
      const oldest = now() - MATCH_WINDOW_MS
      recorded.forEach(({ inserted, sessionId, occurredAt }, index) => {
        const { siteId, event } = calls[index]!
        if (inserted && sessionId === null && occurredAt > oldest)
          recheck.later({ siteId, fingerprint: event.fingerprint })
      })
      return recorded
    },
    isRowFault,
    (size) => onBatch('insert_calls', size),
    line,
    asStoreError,
  )
  // A request's events stay together: they are one item, so the fallback repeats them as one statement.
  const recordSync = createBatcher<readonly NewSync[], undefined>(
    async (requests) => {
      publish(await pastTransition(() => insertSync(database, requests.flat())))
      return requests.map(() => undefined)
    },
    isRowFault,
    (size) => onBatch('insert_sync', size),
    line,
    asStoreError,
  )
  return {
    verify,
    resolve: async (identifier) => (SITE_ID.test(identifier) ? resolve(identifier) : null),
    recordCall,
    recordSync,
    ping: async () => {
      await database.query('anon', 'select 1')
    },
    callsAfter: (cursor) => callsAfter(database, cursor),
    latestCall: () => latestCall(database),
    siteOfToken: async (digest) => {
      const [row] = await database.batch<{ site_id: string | null }>('anon', SITE_OF_TOKEN, [
        digest,
      ])
      return row?.site_id ?? null
    },
    sites: (siteId) => database.batch<NamedSite>('service_role', SITES, [{ site_id: siteId }]),
    readCalls: (query) => readCalls(database, query),
    readStory: (siteId, call) => readStory(database, siteId, call),
    summariseCalls: (query) => summariseCalls(database, query),
    countDrops: (siteId, since) => countDrops(database, siteId, since),
    addSightings: (seen) => addSightings(database, seen),
    readSightings: (siteId) => readSightings(database, siteId),
    webhooks: (siteId) => webhookStates(database, siteId),
    resendAbandoned: (siteId, webhookId, who) => resendAbandoned(database, siteId, webhookId, who),
    onLateMatch: (listener) => {
      hearLateMatch = listener
    },
    matchAllWaiting: async () => {
      const visitors = await database.query<Visitor>('service_role', WAITING)
      if (visitors.length > 0) publish(await matchWaitingCalls(database, visitors))
    },
    close: () => {
      recheck.close()
      return database.close()
    },
  }
}

/** A value that the database refuses is the event's fault, unless its site was removed a moment ago. */
const asStoreError = (error: unknown): unknown =>
  isRowFault(error) && !isSiteGone(error) ? new NotStorable(error) : error
