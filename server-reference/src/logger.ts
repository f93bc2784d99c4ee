import { pino, type Logger } from 'pino'
import { isColorSupported, prettyFactory } from 'pino-pretty'
import { createLogDestination } from './log-destination.js'
import { printable, printableLines } from './printable.js'
import { redactUrls } from './redact-urls.js'

const STDERR = 2

/**
 * Returns an error without its extra properties: the drivers attach the failed statement with its values (`query`,
 * `params`, `detail`), which are visitors' data.
 */
export const err = (error: unknown): unknown => {
  if (!(error instanceof Error)) return { type: typeof error }
  const { name, message, stack } = error
  return { type: name, code: Reflect.get(error, 'code'), message, stack }
}

/** A logger that knows what became of its lines. */
export interface ServerLogger extends Logger {
  /** As in `Log`: only in production, and only at a level that shows info. */
  line: ((json: string) => void) | undefined
  /** Returns how many lines could not be written since the start. */
  lostLines(): number
  /** Returns the system's code of a failure that lasts, such as `ENOSPC`, or null. */
  logFailure(): string | null
}

/** Logs go to stderr: JSON in production, for people in development. stdout belongs to the lines that programs read. */
export const createLogger = (
  level: string,
  production: boolean,
  { sync = false }: { sync?: boolean } = {},
): ServerLogger => {
  const destination = createLogDestination(STDERR, {
    isSync: sync || !production,
    onRecovered: (lost) => log.warn({ lost }, 'the log could not be written; lines were lost'),
  })
  const shown = production ? shownToPrograms : shownToPeople()
  const log: Logger = pino(
    { level, base: null, serializers: { err } },
    { write: (line: string) => destination.write(shown(redactUrls(line))) },
  )
  const line = production && log.isLevelEnabled('info') ? destination.write : undefined
  return Object.assign(log, {
    line,
    lostLines: destination.lost,
    logFailure: destination.failure,
  })
}

/** JSON stays the same JSON: an escape in it means the character. */
const shownToPrograms = (line: string): string => printableLines(line)

/** pino-pretty prints texts as they are, so they are made printable before; the colours are its own. */
const shownToPeople = (): ((line: string) => string) => {
  const pretty = prettyFactory({ singleLine: true, colorize: isColorSupported })
  return (line) =>
    pretty(
      JSON.stringify(
        JSON.parse(line, (key, value: unknown) => {
          if (typeof value !== 'string') return value
          return key === 'stack' ? printableLines(value) : printable(value)
        }),
      ),
    ) ?? line
}
