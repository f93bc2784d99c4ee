import { createHash } from 'node:crypto'
import type { Database } from '../../server-reference/src/store/database.js'
import type { Shops } from './shop.js'

/** Rows of one statement. */
const ROWS = 500

const SITES = `
with g as (
  select * from json_to_recordset($1::json) as g (id uuid, public_id text, name text, origin text, secret text, digest text)
), sites as (
  insert into public.sites (id, public_id, name, origins)
  select id, public_id, name, array[origin] from g returning id
), secrets as (
  insert into private.site_secrets (site_id, current_secret)
  select g.id, g.secret from g join sites s on s.id = g.id
)
insert into private.site_tokens (site_id, digest, name)
select g.id, decode(g.digest, 'hex'), 'invented' from g join sites s on s.id = g.id`

const SESSIONS = `
insert into public.sessions (site_id, sid, month, fingerprint, entry_url, referrer, first_seen_at, last_seen_at)
select site_id, sid, date_trunc('month', first_at)::date, fingerprint, entry_url, referrer, first_at, last_at
from json_to_recordset($1::json) as g (site_id uuid, sid text, fingerprint text, entry_url text, referrer text,
  first_at timestamptz, last_at timestamptz)`

const PAGES = `
insert into public.sync_events (id, site_id, kind, event_id, sid, month, category, action, page_url, fingerprint, meta, created_at)
select gen_random_uuid(), site_id, public.event_id_kind(event_id), event_id, sid, date_trunc('month', at)::date, 'page', 'view',
  page_url, fingerprint, meta, at
from json_to_recordset($1::json) as g (site_id uuid, event_id uuid, sid text, page_url text, fingerprint text, meta jsonb,
  at timestamptz)`

const CALLS = `
insert into public.calls (id, site_id, kind, event_id, endpoint, session_id, fingerprint, intent_action, intent_target,
  intent_page_url, action, phone_number, url, click_id, gclid, gbraid, wbraid, value, marked, occurred_at, created_at)
select id, site_id, public.event_id_kind(event_id), event_id, '/api/call-event/v2', session_id, fingerprint, intent_action,
  intent_target, intent_page_url, action, phone_number, url, click_id, gclid, gbraid, wbraid, value, marked, occurred_at,
  created_at
from json_to_recordset($1::json) as g (id uuid, site_id uuid, event_id uuid, session_id text, fingerprint text,
  intent_action text, intent_target text, intent_page_url text, action text, phone_number text, url text, click_id text,
  gclid text, gbraid text, wbraid text, value numeric, marked text, occurred_at timestamptz, created_at timestamptz)`

const time = (at: number): string => new Date(at).toISOString()

/**
 * Writes the shops into a database. Not through the server: it believes the time of a press for eight days only, and
 * these are older.
 */
export const loadShops = async (
  database: Database,
  { shops, visits, calls }: Shops,
): Promise<void> => {
  const write = async (sql: string, rows: readonly unknown[]): Promise<void> => {
    for (let n = 0; n < rows.length; n += ROWS)
      await database.batch('owner', sql, rows.slice(n, n + ROWS))
  }
  await write(
    SITES,
    shops.map(({ id, publicId, name, origin, secret, token }) => ({
      id,
      public_id: publicId,
      name,
      origin,
      secret,
      digest: createHash('sha256').update(token).digest('hex'),
    })),
  )
  await write(
    SESSIONS,
    visits.map(({ shop, sid, fingerprint, referrer, pages }) => ({
      site_id: shop.id,
      sid,
      fingerprint,
      entry_url: pages[0]!.url,
      referrer,
      first_at: time(pages[0]!.at),
      last_at: time(pages.at(-1)!.at),
    })),
  )
  await write(
    PAGES,
    visits.flatMap(({ shop, sid, fingerprint, pages }) =>
      pages.map(({ at, url, eventId, drops }) => ({
        site_id: shop.id,
        event_id: eventId,
        sid,
        page_url: url,
        fingerprint,
        meta: { fp: fingerprint, ...(drops !== null && { drops }) },
        at: time(at),
      })),
    ),
  )
  await write(
    CALLS,
    calls.map((call) => ({
      id: call.callId,
      site_id: call.shop.id,
      event_id: call.eventId,
      session_id: call.sid,
      fingerprint: call.fingerprint,
      ...(call.isLegacy
        ? { action: call.kind, phone_number: call.target, url: call.pageUrl }
        : {
            intent_action: call.kind,
            intent_target: call.target,
            intent_page_url: call.pageUrl,
          }),
      ...(call.click !== null && { [call.click.kind]: call.click.id }),
      value: call.value,
      marked: call.marked,
      occurred_at: time(call.at),
      created_at: time(call.recordedAt),
    })),
  )
}
