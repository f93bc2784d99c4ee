import { UUID } from '@opsmantik/tracker/contract'
import { refuse } from '../http/refuse.js'
import { replyJson } from '../http/reply.js'
import type { Step } from '../steps/step.js'
import type { World } from '../world.js'
import { ofSite } from './of-site.js'
import { PRIVATE } from './recorded-calls.js'

/** Paths of the console; not part of the contract. */
export const CONSOLE_WEBHOOKS = '/api/calls/webhooks'
export const CONSOLE_RESEND = '/api/calls/webhooks/resend'

/** Returns the receivers of a site's calls with the state of their deliveries, without their secrets. */
export const consoleWebhooks = (world: World): Step =>
  ofSite(world, 'Webhooks', async (context, _, siteId) => {
    const found = await world.store.webhooks(siteId)
    const webhooks = found.map((webhook) => ({
      webhook_id: webhook.id,
      site_id: webhook.siteId,
      receiver: shownUrl(webhook.url),
      created_at: webhook.createdAt,
      ended_at: webhook.endedAt,
      waiting: webhook.waiting,
      delivered: webhook.delivered,
      abandoned: webhook.abandoned,
      last_attempt_at: webhook.lastAttemptAt,
      last_problem: webhook.lastProblem,
      next_attempt_at: webhook.nextAttemptAt,
      last_delivered_at: webhook.lastDeliveredAt,
    }))
    return replyJson(context, 200, { webhooks, request_id: context.requestId }, PRIVATE)
  })

/** Sends abandoned deliveries again. */
export const consoleResend = (world: World): Step =>
  ofSite(world, 'Send again', async (context, parameters, siteId) => {
    const webhookId = parameters.get('webhook') ?? ''
    if (!UUID.test(webhookId))
      return refuse(context, 'INVALID_QUERY', {
        issues: [{ path: 'webhook', message: 'the id of a webhook' }],
      })
    const who = context.opened!.siteId === null ? 'console, LIVE_TOKEN' : 'console, a site token'
    const resent = await world.store.resendAbandoned(siteId, webhookId, who)
    if (resent === null) return refuse(context, 'NOT_FOUND')
    return replyJson(context, 200, { resent, request_id: context.requestId }, PRIVATE)
  })

/** Returns a receiver's URL without its path and query, which may be what keeps others out of it. */
const shownUrl = (url: string): string => {
  const { origin, pathname, search } = new URL(url)
  return pathname === '/' && search === '' ? origin : `${origin}/…`
}
