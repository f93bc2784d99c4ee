import type { Database } from './database.js'
import type { WebhookState } from './reading.js'

const MS = (column: string): string => `extract(epoch from ${column})::double precision * 1000`

const STATES = `
select w.id, w.site_id as "siteId", w.url, ${MS('w.created_at')} as "createdAt", ${MS('w.ended_at')} as "endedAt",
  count(d.next_at)::int as waiting, w.delivered::int as delivered, count(d.abandoned_at)::int as abandoned,
  ${MS('w.last_attempt_at')} as "lastAttemptAt",
  (array_agg(d.last_problem order by d.last_attempt_at desc, d.id) filter (where d.last_problem is not null))[1] as "lastProblem",
  ${MS('min(d.next_at)')} as "nextAttemptAt", ${MS('w.last_delivered_at')} as "lastDeliveredAt"
from json_to_recordset($1::json) as q (site_id uuid)
join public.site_webhooks w on q.site_id is null or w.site_id = q.site_id
left join public.webhook_deliveries d on d.webhook_id = w.id
group by w.id order by w.created_at, w.id`

const RESEND = `
with q as (
  select * from json_to_recordset($1::json) as q (site_id uuid, webhook_id uuid, who text)
), found as (
  update public.site_webhooks w set ended_at = null from q
  where w.id = q.webhook_id and (q.site_id is null or w.site_id = q.site_id) returning w.id, w.site_id, q.who
), resent as (
  update public.webhook_deliveries d set next_at = now(), attempts = 0, abandoned_at = null
  from found f where d.webhook_id = f.id and d.abandoned_at is not null returning d.id
), counted as (
  select count(*)::int as count from resent
)
select c.count, public.log_change_v1(f.who, 'site webhook resend', f.site_id, c.count || ' deliveries') as logged
from found f cross join counted c`

/** Returns the receivers of a site, or of all sites, and the state of what is sent to them. */
export const webhookStates = async (
  database: Database,
  siteId: string | null,
): Promise<WebhookState[]> => {
  const rows = await database.batch<WebhookState>('service_role', STATES, [{ site_id: siteId }])
  const whole = (at: number | null): number | null => (at === null ? null : Math.floor(at))
  return rows.map((row) => ({
    ...row,
    createdAt: Math.floor(row.createdAt),
    endedAt: whole(row.endedAt),
    lastAttemptAt: whole(row.lastAttemptAt),
    nextAttemptAt: whole(row.nextAttemptAt),
    lastDeliveredAt: whole(row.lastDeliveredAt),
  }))
}

/**
 * Queues abandoned deliveries again, and reopens a receiver that had responded with 410. Returns the number of
 * deliveries, or null if the site has no such receiver.
 *
 * @param siteId null: any site
 * @param who is written into the log of changes
 */
export const resendAbandoned = async (
  database: Database,
  siteId: string | null,
  webhookId: string,
  who: string,
): Promise<number | null> => {
  const item = { site_id: siteId, webhook_id: webhookId, who }
  const [row] = await database.batch<{ count: number }>('service_role', RESEND, [item])
  return row?.count ?? null
}
