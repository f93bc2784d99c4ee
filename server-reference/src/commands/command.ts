import { CommandError } from '../admin/command-error.js'
import type { Database } from '../store/database.js'

/** The environment in which a command runs. */
export interface CommandContext {
  database: Database
  /** Name of the person who runs the command, for the log of changes. */
  who: string
  /** `WEBHOOK_ALLOW_PRIVATE`. */
  allowsPrivate: boolean
  /** Base URL of a running server, for links; null: not known. */
  url: string | null
}

/** Carries out a command and returns what is printed. */
export type Command = (context: CommandContext, words: string[]) => Promise<string>

/** Reads the words that are not options: exactly as many as there are names. */
export const positionalsOf = (positionals: string[], ...names: string[]): string[] => {
  if (positionals.length !== names.length)
    throw new CommandError(
      `expected ${names.map((name) => (name === 'SITE' ? 'one site: its UUID or its public id' : name)).join(', then ')}`,
    )
  return positionals
}
