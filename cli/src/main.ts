import { readFileSync } from 'node:fs'
import { conformance } from './commands/conformance.js'
import { doctor } from './commands/doctor.js'
import { init } from './commands/init.js'
import { printableLines } from './probe/printable.js'
import { sign } from './commands/sign.js'
import { snippet } from './commands/snippet.js'
import { CannotRun, Usage } from './commands/usage.js'

const HELP = `opsmantik init …          puts the tracker and its proxy into the project in this folder
opsmantik doctor …        why do a customer's events not arrive?
opsmantik conformance …   is a server, a proxy or a tracker right by the contract?
opsmantik sign …          the signature headers, or a curl line, for a body
opsmantik snippet …       the script tag for a set of answers

Each has --help.  opsmantik --version
`

const COMMANDS: Record<string, (args: string[]) => Promise<number>> = {
  init,
  doctor,
  conformance,
  sign,
  snippet,
}

const version = (): string =>
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version

const isUsage = (error: unknown): error is Error =>
  error instanceof Usage ||
  (error instanceof TypeError && String(Reflect.get(error, 'code')).startsWith('ERR_PARSE_ARGS'))

/** What a system call says (no such file, address in use) is for people already; for anything else we need the stack. */
const describe = (error: unknown): string => {
  const { message, stack, code } = error as NodeJS.ErrnoException
  return isUsage(error) || error instanceof CannotRun || typeof code === 'string'
    ? message
    : (stack ?? message)
}

/** @returns the exit code: 2 for a command line that is not understood, and for what could not be run */
export const main = async ([command, ...args]: string[]): Promise<number> => {
  if (command === '--version' || command === '-v') {
    process.stdout.write(version() + '\n')
    return 0
  }
  if (command === undefined || command === '--help' || command === '-h') {
    process.stdout.write(HELP)
    return command === undefined ? 2 : 0
  }
  const run = COMMANDS[command]
  if (!run) {
    process.stderr.write(`opsmantik: there is no command ${JSON.stringify(command)}\n\n${HELP}`)
    return 2
  }
  try {
    return await run(args)
  } catch (error) {
    process.stderr.write(`opsmantik: ${printableLines(describe(error))}\n`)
    if (isUsage(error)) process.stderr.write(`opsmantik ${command} --help shows what there is.\n`)
    return 2
  }
}

process.exitCode = await main(process.argv.slice(2))
