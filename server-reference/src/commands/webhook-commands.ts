import { randomUUID } from 'node:crypto'
import { logChange } from '../admin/changes.js'
import { siteOf } from '../admin/site-of.js'
import { addWebhook, readWebhookUrl, removeWebhook, webhookOf } from '../admin/webhooks.js'
import { printable } from '../printable.js'
import { resendAbandoned, webhookStates } from '../store/webhook-states.js'
import { sendWebhook } from '../webhooks/send-webhook.js'
import { positionalsOf, type Command } from './command.js'

/** Commands for receivers of a site's calls. */
export const WEBHOOK_COMMANDS: Record<string, Command> = {
  'site webhook add': async ({ database, who, allowsPrivate }, words) => {
    const [site, text] = positionalsOf(words, 'SITE', 'a URL')
    const siteId = await siteOf(database, site!)
    const url = readWebhookUrl(text!, allowsPrivate)
    const { id, secret } = await addWebhook(database, siteId, url)
    await logChange(database, who, 'site webhook add', siteId, new URL(url).host)
    return `webhook  ${id}\nsecret   ${secret}\nThe secret is not shown again. Every call from now on is sent to ${url}.`
  },
  'site webhook list': async ({ database }, words) => {
    const [site] = positionalsOf(words, 'SITE')
    const webhooks = await webhookStates(database, await siteOf(database, site!))
    const lines = webhooks.map(({ id, url, endedAt, waiting, abandoned, lastProblem }) =>
      [
        id,
        url,
        endedAt === null ? '' : 'ended by its receiver (410)',
        `${waiting} waiting`,
        `${abandoned} given up`,
        lastProblem === null ? '' : `last problem: ${printable(lastProblem)}`,
      ]
        .filter((part) => part !== '')
        .join('  '),
    )
    return (
      lines.join('\n') || `${site} has no webhooks. Add one with "site webhook add ${site} URL".`
    )
  },
  'site webhook remove': async ({ database, who }, words) => {
    const [site, named] = positionalsOf(words, 'SITE', 'the URL or the id of a webhook')
    const siteId = await siteOf(database, site!)
    const { id, url } = await webhookOf(database, siteId, named!)
    await removeWebhook(database, id)
    await logChange(database, who, 'site webhook remove', siteId, new URL(url).host)
    return `Nothing is sent to ${url} any more.`
  },
  'site webhook test': async ({ database, allowsPrivate }, words) => {
    const [site, named] = positionalsOf(words, 'SITE', 'the URL or the id of a webhook')
    const siteId = await siteOf(database, site!)
    const { url, secret } = await webhookOf(database, siteId, named!)
    const payload = JSON.stringify({
      type: 'call.test',
      timestamp: new Date().toISOString(),
      data: { site_id: siteId, message: 'This is a test; nobody has called.' },
    })
    const id = `msg_${randomUUID().replaceAll('-', '')}`
    const sent = await sendWebhook({ id, url, secret, payload }, { allowsPrivate })
    if (sent.outcome === 'failed') return `${url} did not take the test: ${printable(sent.problem)}`
    return sent.outcome === 'delivered'
      ? `${url} took the test.`
      : `${url} answered 410: it wants nothing any more.`
  },
  'site webhook resend': async ({ database, who }, words) => {
    const [site, named] = positionalsOf(words, 'SITE', 'the URL or the id of a webhook')
    const siteId = await siteOf(database, site!)
    const { id, url } = await webhookOf(database, siteId, named!)
    const count = await resendAbandoned(database, siteId, id, who)
    return `${count} deliveries that were given up are sent to ${url} again.`
  },
}
