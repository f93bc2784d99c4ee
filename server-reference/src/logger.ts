import { pino, type Logger } from 'pino'
import pretty from 'pino-pretty'

const STDERR = 2

/**
 * What an error is, and nothing that it carries: the drivers hang the failed statement with its values (`query`,
 * `params`, `detail`) onto it, and those are what visitors did.
 */
export const err = (error: unknown): unknown => {
  if (!(error instanceof Error)) return { type: typeof error }
  const { name, message, stack } = error
  return { type: name, code: Reflect.get(error, 'code'), message, stack }
}

/** Logs go to stderr: JSON in production, for people in development. stdout belongs to the lines that programs read. */
export const createLogger = (
  level: string,
  production: boolean,
  { sync = false }: { sync?: boolean } = {},
): Logger =>
  production
    ? // A line for each request is a system call for each, unless they go together.
      pino(
        { level, base: null, serializers: { err } },
        pino.destination(
          sync
            ? { dest: STDERR, sync }
            : { dest: STDERR, sync, minLength: 4_096, periodicFlush: 500 },
        ),
      )
    : pino(
        { level, base: null, serializers: { err } },
        pretty({ destination: STDERR, sync: true, singleLine: true }),
      )
