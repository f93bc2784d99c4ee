import { parseArgs } from 'node:util'
import { addSite, CommandError, listSites, promoteSecret, rotateSecret } from '../admin/sites.js'
import { readConfig } from '../config/config.js'
import { print } from '../output.js'
import { printable } from '../printable.js'
import { openEmbedded } from '../store/embedded.js'
import type { Database } from '../store/database.js'
import { openServerDatabase } from '../store/server-database.js'

type Command = (database: Database, words: string[]) => Promise<string>

const options = {
  name: { type: 'string' },
  'public-id': { type: 'string' },
  replace: { type: 'boolean' },
} as const

/** Commands that manage sites and secrets. A secret is printed once, when it is made. */
export const COMMANDS: Record<string, Command> = {
  'site add': async (database, words) => {
    const { values } = parseArgs({ args: words, options })
    const { site, secret } = await addSite(
      database,
      values.name ?? null,
      values['public-id'] ?? null,
    )
    return `site       ${site.id}\npublic id  ${site.public_id}\nsecret     ${secret}\nThe secret is not shown again.`
  },
  'site list': async (database) => {
    const sites = await listSites(database)
    const lines = sites.map(({ id, public_id, name, calls, has_next_secret }) =>
      [
        id,
        public_id,
        `${calls} calls`,
        printable(name ?? '-'),
        has_next_secret ? 'next secret waits' : '',
      ]
        .join('  ')
        .trimEnd(),
    )
    return lines.join('\n') || 'There are no sites. Make one with "site add".'
  },
  'secret rotate': async (database, words) => {
    const { values, positionals } = parseArgs({ args: words, options, allowPositionals: true })
    const site = identifierOf(positionals)
    const secret = await rotateSecret(database, site, values.replace ?? false)
    return `next secret  ${secret}\nThe secret is not shown again. Both secrets hold until "secret promote ${site}".`
  },
  'secret promote': async (database, words) => {
    const site = identifierOf(
      parseArgs({ args: words, options, allowPositionals: true }).positionals,
    )
    await promoteSecret(database, site)
    return `The next secret of ${site} is its secret now; the old one no longer holds.`
  },
}

/** Runs a command on the database of the environment: Postgres, or the embedded one under its folder's lock. */
export const manage = async (
  command: Command,
  words: string[],
  env: NodeJS.ProcessEnv,
): Promise<void> => {
  // Only the database matters here: origins may be missing.
  const { dataDir, databaseUrl } = readConfig({
    DATA_DIR: env.DATA_DIR,
    DATABASE_URL: env.DATABASE_URL,
    ALLOWED_ORIGINS: 'http://localhost',
  })
  if (databaseUrl === null && dataDir === null)
    throw new CommandError('DATA_DIR is memory: there is nothing to manage')
  const database = await (databaseUrl === null
    ? openEmbedded(dataDir)
    : openServerDatabase(databaseUrl))
  try {
    print(await command(database, words))
  } finally {
    await database.close()
  }
}

const identifierOf = (positionals: string[]): string => {
  const [identifier, ...others] = positionals
  if (identifier === undefined || others.length > 0)
    throw new CommandError('expected one site: its UUID or its public id')
  return identifier
}
