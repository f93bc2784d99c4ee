import type { Database } from '../store/database.js'

/**
 * Seconds for which a delivery belongs to the process that took it; longer than an attempt lasts. If the process dies,
 * another one (or itself, started again) takes it afterwards.
 */
export const LEASE_SECONDS = 60

/** A delivery that was taken from the queue. */
export interface Delivery {
  id: string
  webhookId: string
  callId: string | null
  url: string
  secret: string
  payload: string
  /** With the one that is made now. */
  attempts: number
}

const HAS_WEBHOOKS =
  'select exists (select from public.site_webhooks where ended_at is null) as found from json_array_elements($1::json)'

/**
 * Takes the deliveries that are due, oldest first, except for receivers with a delivery in progress. No other process
 * takes them meanwhile.
 */
const TAKE = `
with q as (select * from json_to_recordset($1::json) as q (max integer, busy json)), due as (
  select d.id from public.webhook_deliveries d
  where d.next_at <= now() and d.payload is not null
    and d.webhook_id::text not in (select json_array_elements_text(q.busy) from q)
  order by d.next_at limit (select max from q)
  for update skip locked
)
update public.webhook_deliveries d
set attempts = d.attempts + 1, next_at = now() + interval '${LEASE_SECONDS} seconds'
from due, public.site_webhooks w
where d.id = due.id and w.id = d.webhook_id
returning d.id, d.webhook_id as "webhookId", d.call_id as "callId", w.url, w.secret, d.payload, d.attempts`

/**
 * Records the outcome of an attempt, if the delivery still belongs to it. A delivered row is removed: the queue does not
 * grow, and keeps nothing of the visitor.
 */
const SETTLE = `
with s as (
  select * from json_to_recordset($1::json) as s (
    id uuid, attempts integer, delivered boolean, wait double precision, problem text)
), delivered as (
  delete from public.webhook_deliveries d using s
  where s.delivered and d.id = s.id and d.attempts = s.attempts and d.next_at is not null returning d.webhook_id
), failed as (
  update public.webhook_deliveries d set
    next_at = case when s.wait is not null then now() + s.wait * interval '1 second' end,
    abandoned_at = case when s.wait is null then now() end,
    last_attempt_at = now(), last_problem = s.problem
  from s
  where not s.delivered and d.id = s.id and d.attempts = s.attempts and d.next_at is not null returning d.webhook_id
)
update public.site_webhooks w set
  delivered = w.delivered + (select count(*) from delivered),
  last_delivered_at = case when exists (select from delivered) then now() else w.last_delivered_at end,
  last_attempt_at = now()
where w.id in (select webhook_id from delivered union all select webhook_id from failed)`

const END = `
with ended as (
  update public.site_webhooks w set ended_at = now(), last_attempt_at = now()
  from json_to_recordset($1::json) as e (id uuid) where w.id = e.id and w.ended_at is null returning w.id
)
update public.webhook_deliveries d set
  next_at = null, abandoned_at = now(), last_attempt_at = now(), last_problem = 'HTTP 410: the receiver ended it'
from json_to_recordset($1::json) as e (id uuid) where d.webhook_id = e.id and d.next_at is not null
returning d.id`

export const hasWebhooks = async (database: Database): Promise<boolean> => {
  const [row] = await database.batch<{ found: boolean }>('service_role', HAS_WEBHOOKS, [1])
  return row!.found
}

export const takeDue = (
  database: Database,
  max: number,
  busy: readonly string[],
): Promise<Delivery[]> => database.batch<Delivery>('service_role', TAKE, [{ max, busy }])

/** @param wait seconds until the next attempt; null if there is none */
export const settle = async (
  database: Database,
  { id, attempts }: Delivery,
  result: { delivered: boolean; wait: number | null; problem: string | null },
): Promise<void> => {
  await database.batch('service_role', SETTLE, [{ id, attempts, ...result }])
}

/** Disables a receiver that wants no more deliveries, and abandons those that wait for it. */
export const endWebhook = async (database: Database, webhookId: string): Promise<void> => {
  await database.batch('service_role', END, [{ id: webhookId }])
}
