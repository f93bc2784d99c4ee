import { randomBytes } from 'node:crypto'
import type { Database } from '../store/database.js'
import { isPrivateHost } from '../webhooks/private-addresses.js'
import { CommandError } from './command-error.js'

/** Reads the URL of a receiver. The addresses of its host name are checked on each connection. */
export const readWebhookUrl = (text: string, allowsPrivate: boolean): string => {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !['https:', 'http:'].includes(url.protocol))
    throw new CommandError(`"${text}" is not a URL; expected such as https://crm.example/calls`)
  if (url.username !== '' || url.password !== '')
    throw new CommandError(
      'The URL has a user name or a password in it (not shown); use a path that is hard to guess',
    )
  if (url.protocol !== 'https:' && !allowsPrivate)
    throw new CommandError('The URL has to begin with https://, unless WEBHOOK_ALLOW_PRIVATE=1')
  if (isPrivateHost(url.hostname) && !allowsPrivate)
    throw new CommandError(
      `${url.hostname} is a private address; the server sends nothing there, unless WEBHOOK_ALLOW_PRIVATE=1`,
    )
  url.hash = ''
  return url.href
}

/** Adds a receiver. Returns its secret, which is shown only this once. */
export const addWebhook = async (
  database: Database,
  siteId: string,
  url: string,
): Promise<{ id: string; secret: string }> => {
  const secret = `whsec_${randomBytes(32).toString('base64')}`
  const [row] = await database.query<{ id: string }>(
    'owner',
    `insert into public.site_webhooks (site_id, url, secret) values ($1, $2, $3)
    on conflict (site_id, url) do nothing returning id`,
    [siteId, url, secret],
  )
  if (row === undefined)
    throw new CommandError(`${url} is a webhook of this site already; remove it for a new secret`)
  return { id: row.id, secret }
}

/** Finds a receiver by its URL or its id. */
export const webhookOf = async (
  database: Database,
  siteId: string,
  named: string,
): Promise<{ id: string; url: string; secret: string }> => {
  const href = URL.canParse(named) ? new URL(named).href : named
  const [row] = await database.query<{ id: string; url: string; secret: string }>(
    'owner',
    'select id, url, secret from public.site_webhooks where site_id = $1 and (url = $2 or id::text = $2)',
    [siteId, href],
  )
  if (row === undefined)
    throw new CommandError(`${named} is no webhook of this site; "site webhook list" has them`)
  return row
}

/** Removes a receiver with everything that waits for it. */
export const removeWebhook = async (database: Database, id: string): Promise<void> => {
  await database.query('owner', 'delete from public.site_webhooks where id = $1', [id])
}
