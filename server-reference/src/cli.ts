import { CommandError } from './admin/command-error.js'
import { COMMANDS } from './commands/commands.js'
import { manage } from './commands/manage.js'
import { serve } from './commands/serve.js'
import { ConfigError } from './config/config-error.js'
import { defaultOf, VARIABLES, type VariableName } from './config/variable-table.js'
import { complain, OutputLost, print } from './output.js'
import { DataFolderUnusable } from './store/data-folder-unusable.js'
import { FolderInUse } from './store/data-folder-lock.js'
import { DiskFull } from './store/disk-room.js'
import { DatabaseUnusable } from './store/server-database.js'
import { VERSION } from './version.js'

const USAGE = `reference-server ${VERSION}

  serve                        run the server (default); configured by environment variables
  site add [--name N] [--public-id 32HEX] [--origin ORIGIN]…
  site list
  site rename SITE NAME
  site remove SITE --yes       with everything that was recorded for it
  site erase SITE --fingerprint VISITOR
  site origin add|remove SITE ORIGIN
  site own add|remove SITE NETWORK
                               calls from these addresses are recorded and not counted
  site token add SITE [--name N] [--expires YYYY-MM-DD]
  site token list SITE
  site token revoke SITE ID
  site webhook add SITE URL
  site webhook list SITE
  site webhook remove|test|resend SITE URL
  site log [SITE]              who changed what, and when
  secret rotate SITE [--replace]
  secret promote SITE          SITE is a UUID or a public id

The commands work on the Postgres of DATABASE_URL, or on the embedded database in DATA_DIR; also while servers run.

Environment variables:
${(Object.keys(VARIABLES) as VariableName[])
  .map(
    (name) =>
      `  ${name}\n      ${VARIABLES[name].meaning.replaceAll('`', '')} [${defaultOf(name)}]`,
  )
  .join('\n')}`

/** sysexits.h */
const EX_USAGE = 64
const EX_IOERR = 74
const EX_CONFIG = 78

const [first = 'serve', second = ''] = process.argv.slice(2)

/** Returns the longest beginning of the command line that names a command, and the words after it. */
const commandIn = (args: readonly string[]): [name: string, words: string[]] | undefined => {
  for (const count of [3, 2]) {
    const name = args.slice(0, count).join(' ')
    if (Object.hasOwn(COMMANDS, name)) return [name, args.slice(count)]
  }
  return undefined
}

const run = async (): Promise<number | undefined> => {
  const command = commandIn(process.argv.slice(2))
  if (command !== undefined) await manage(...command, process.env)
  else if (first === 'serve' && second === '') await serve(process.env)
  else if (first === '--version') print(VERSION)
  else if (first === 'help' || first === '--help') print(USAGE)
  else {
    complain(USAGE)
    return EX_USAGE
  }
  return undefined
}

/** Prints an error that a user can correct as one sentence, any other with its stack. */
const fail = (error: unknown): number => {
  if (error instanceof ConfigError) {
    complain(`The configuration is not usable:\n  ${error.problems.join('\n  ')}`)
    return EX_CONFIG
  }
  if (!(error instanceof Error)) throw error
  const { code, syscall } = error as NodeJS.ErrnoException
  if (error instanceof CommandError || code?.startsWith('ERR_PARSE_ARGS')) {
    complain(error.message)
    return EX_USAGE
  }
  if (error instanceof OutputLost) {
    complain(`${error.message}. It was carried out; a secret that was not shown: "secret rotate".`)
    return EX_IOERR
  }
  if (syscall === 'listen')
    complain(`Cannot listen (${code}): ${error.message}. Choose another PORT or HOST.`)
  else if (SAID.some((kind) => error instanceof kind)) complain(error.message)
  else complain(error.stack ?? error.message)
  return 1
}

const SAID = [FolderInUse, DatabaseUnusable, DataFolderUnusable, DiskFull]

try {
  process.exitCode = await run()
} catch (error) {
  process.exit(fail(error))
}
