import { CommandError } from './admin/sites.js'
import { COMMANDS, manage } from './commands/manage.js'
import { serve } from './commands/serve.js'
import { ConfigError } from './config/config-error.js'
import { FolderInUse } from './store/data-folder-lock.js'
import { DiskFull } from './store/disk-room.js'
import { DatabaseUnusable } from './store/server-database.js'
import { VERSION } from './version.js'

const USAGE = `reference-server ${VERSION}

  serve                        run the server (default); configured by environment variables
  site add [--name N] [--public-id 32HEX]
  site list
  secret rotate SITE [--replace]
  secret promote SITE          SITE is a UUID or a public id

The commands work on the Postgres of DATABASE_URL, while servers run; without it on DATA_DIR, which belongs to one
process at a time: stop the server first.`

/** sysexits.h */
const EX_USAGE = 64
const EX_CONFIG = 78

const [first = 'serve', second = '', ...words] = process.argv.slice(2)

const run = async (): Promise<number | undefined> => {
  const command = COMMANDS[`${first} ${second}`]
  if (command !== undefined) await manage(command, words, process.env)
  else if (first === 'serve' && second === '') await serve(process.env)
  else if (first === '--version') process.stdout.write(VERSION + '\n')
  else if (first === 'help' || first === '--help') process.stdout.write(USAGE + '\n')
  else {
    process.stderr.write(USAGE + '\n')
    return EX_USAGE
  }
  return undefined
}

/** What people can mend is said in a sentence; the rest with its stack. */
const fail = (error: unknown): number => {
  if (error instanceof ConfigError) {
    process.stderr.write(`The configuration is not usable:\n  ${error.problems.join('\n  ')}\n`)
    return EX_CONFIG
  }
  if (!(error instanceof Error)) throw error
  const { code, syscall } = error as NodeJS.ErrnoException
  if (error instanceof CommandError || code?.startsWith('ERR_PARSE_ARGS')) {
    process.stderr.write(error.message + '\n')
    return EX_USAGE
  }
  if (syscall === 'listen')
    process.stderr.write(
      `Cannot listen (${code}): ${error.message}. Choose another PORT or HOST.\n`,
    )
  else if ([FolderInUse, DatabaseUnusable, DiskFull].some((kind) => error instanceof kind))
    process.stderr.write(error.message + '\n')
  else process.stderr.write((error.stack ?? error.message) + '\n')
  return 1
}

try {
  process.exitCode = await run()
} catch (error) {
  process.exit(fail(error))
}
