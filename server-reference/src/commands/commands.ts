import { parseArgs } from 'node:util'
import { listChanges, logChange } from '../admin/changes.js'
import { CommandError } from '../admin/command-error.js'
import { eraseVisitor } from '../admin/erase.js'
import {
  changeNetwork,
  changeOrigin,
  readOrigin,
  removeSite,
  renameSite,
} from '../admin/manage-site.js'
import { siteOf } from '../admin/site-of.js'
import { addSite, listSites, promoteSecret, rotateSecret } from '../admin/sites.js'
import { addToken, listTokens, revokeToken } from '../admin/tokens.js'
import { printable } from '../printable.js'
import { positionalsOf, type Command } from './command.js'
import { WEBHOOK_COMMANDS } from './webhook-commands.js'

const options = {
  name: { type: 'string' },
  'public-id': { type: 'string' },
  origin: { type: 'string', multiple: true },
  expires: { type: 'string' },
  fingerprint: { type: 'string' },
  replace: { type: 'boolean' },
  yes: { type: 'boolean' },
} as const

const parse = (words: string[]) => parseArgs({ args: words, options, allowPositionals: true })

const originCommand =
  (change: 'add' | 'remove'): Command =>
  async ({ database, who }, words) => {
    const [site, text] = positionalsOf(parse(words).positionals, 'SITE', 'an origin')
    const siteId = await siteOf(database, site!)
    const origin = readOrigin(text!)
    const origins = await changeOrigin(database, siteId, change, origin)
    await logChange(database, who, `site origin ${change}`, siteId, origin)
    return origins.length === 0
      ? `${site} names no origin now: it accepts events from every allowed one.`
      : `${site} accepts events from these origins only, within 5 seconds:\n${origins.map((one) => `  ${one}`).join('\n')}`
  }

const networkCommand =
  (change: 'add' | 'remove'): Command =>
  async ({ database, who }, words) => {
    const [site, network] = positionalsOf(
      parse(words).positionals,
      'SITE',
      'an address or a network',
    )
    const siteId = await siteOf(database, site!)
    const networks = await changeNetwork(database, siteId, change, network!)
    await logChange(database, who, `site own ${change}`, siteId, network!)
    return `Calls from these addresses are recorded and not counted:\n${networks.map((one) => `  ${one}`).join('\n') || '  none'}`
  }

/** Every command that manages sites, secrets, tokens and webhooks. A secret or a token is printed once, when it is made. */
export const COMMANDS: Record<string, Command> = {
  ...WEBHOOK_COMMANDS,
  'site add': async ({ database, who }, words) => {
    const { values, positionals } = parse(words)
    positionalsOf(positionals)
    const origins = (values.origin ?? []).map(readOrigin)
    const { site, secret } = await addSite(
      database,
      values.name ?? null,
      values['public-id'] ?? null,
      origins,
    )
    await logChange(database, who, 'site add', site.id, origins.join(' ') || null)
    return `site       ${site.id}\npublic id  ${site.public_id}\nsecret     ${secret}\nThe secret is not shown again.`
  },
  'site list': async ({ database }) => {
    const sites = await listSites(database)
    const lines = sites.map(({ id, public_id, name, calls, has_next_secret, origins }) =>
      [
        id,
        public_id,
        `${calls} calls`,
        printable(name ?? '-'),
        origins.join(' '),
        has_next_secret ? 'next secret waits' : '',
      ]
        .join('  ')
        .trimEnd(),
    )
    return lines.join('\n') || 'There are no sites. Make one with "site add".'
  },
  'site rename': async ({ database, who }, words) => {
    const [site, name] = positionalsOf(parse(words).positionals, 'SITE', 'its new name')
    const siteId = await siteOf(database, site!)
    await renameSite(database, siteId, name!)
    await logChange(database, who, 'site rename', siteId, name!)
    return `${site} is called ${printable(name!)} now.`
  },
  'site remove': async ({ database, who }, words) => {
    const { values, positionals } = parse(words)
    const [site] = positionalsOf(positionals, 'SITE')
    const siteId = await siteOf(database, site!)
    if (values.yes !== true)
      throw new CommandError(
        `This removes ${site} with all its calls, sessions, secrets, tokens and webhooks. Repeat it with --yes.`,
      )
    await removeSite(database, siteId)
    await logChange(database, who, 'site remove', siteId)
    return `${site} and everything that was recorded for it is removed.`
  },
  'site erase': async ({ database, who }, words) => {
    const { values, positionals } = parse(words)
    const [site] = positionalsOf(positionals, 'SITE')
    if (values.fingerprint === undefined || values.fingerprint === '')
      throw new CommandError(
        'expected --fingerprint with the visitor’s id, which a call has as "visitor"',
      )
    const siteId = await siteOf(database, site!)
    const { calls, sessions, page_events } = await eraseVisitor(
      database,
      siteId,
      values.fingerprint,
    )
    // Not whose: that is what was to be erased.
    await logChange(database, who, 'site erase', siteId, `${calls} calls`)
    return `Removed ${calls} calls, ${sessions} sessions and ${page_events} page events of that visitor.`
  },
  'site origin add': originCommand('add'),
  'site origin remove': originCommand('remove'),
  'site own add': networkCommand('add'),
  'site own remove': networkCommand('remove'),
  'site token add': async ({ database, who, url }, words) => {
    const { values, positionals } = parse(words)
    const [site] = positionalsOf(positionals, 'SITE')
    const siteId = await siteOf(database, site!)
    const { id, token } = await addToken(
      database,
      siteId,
      values.name ?? null,
      values.expires ?? null,
    )
    await logChange(database, who, 'site token add', siteId, id)
    // A fragment never leaves the browser.
    return `token  ${token}\nid     ${id}\nlink   ${url ?? '<the server’s address>'}/#token=${token}\nThe token is not shown again. It opens the calls of this site, for reading only.`
  },
  'site token list': async ({ database }, words) => {
    const [site] = positionalsOf(parse(words).positionals, 'SITE')
    const tokens = await listTokens(database, await siteOf(database, site!))
    const lines = tokens.map(({ id, name, created, expires, has_expired }) => {
      const until =
        expires === null ? 'does not expire' : `until ${expires}${has_expired ? ' (expired)' : ''}`
      return `${id}  ${printable(name ?? '-')}  made ${created}  ${until}`
    })
    return lines.join('\n') || `${site} has no tokens. Make one with "site token add ${site}".`
  },
  'site token revoke': async ({ database, who }, words) => {
    const [site, id] = positionalsOf(parse(words).positionals, 'SITE', 'the id of a token')
    const siteId = await siteOf(database, site!)
    await revokeToken(database, siteId, id!)
    await logChange(database, who, 'site token revoke', siteId, id!)
    return `The token ${id} opens nothing any more.`
  },
  'site log': async ({ database }, words) => {
    const { positionals } = parse(words)
    const site = positionals[0]
    if (site !== undefined) positionalsOf(positionals, 'SITE')
    const changes = await listChanges(
      database,
      site === undefined ? null : await siteOf(database, site),
    )
    const lines = changes.map(({ at, who, change, site_id, detail }) =>
      [at, printable(who), change, site_id ?? '-', printable(detail ?? '')].join('  ').trimEnd(),
    )
    return lines.join('\n') || 'Nothing has been changed.'
  },
  'secret rotate': async ({ database, who }, words) => {
    const { values, positionals } = parse(words)
    const [site] = positionalsOf(positionals, 'SITE')
    const secret = await rotateSecret(database, site!, values.replace ?? false)
    await logChange(database, who, 'secret rotate', await siteOf(database, site!))
    return `next secret  ${secret}\nThe secret is not shown again. Both secrets hold until "secret promote ${site}".`
  },
  'secret promote': async ({ database, who }, words) => {
    const [site] = positionalsOf(parse(words).positionals, 'SITE')
    await promoteSecret(database, site!)
    await logChange(database, who, 'secret promote', await siteOf(database, site!))
    return `The next secret of ${site} is its secret now; the old one no longer holds.`
  },
}
