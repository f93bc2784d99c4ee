import { pino, type Logger } from 'pino'
import pretty from 'pino-pretty'

const STDERR = 2

/** Logs go to stderr: JSON in production, for people in development. stdout belongs to the lines that programs read. */
export const createLogger = (
  level: string,
  production: boolean,
  { sync = false }: { sync?: boolean } = {},
): Logger =>
  production
    ? // A line for each request is a system call for each, unless they go together.
      pino(
        { level, base: null },
        pino.destination(
          sync
            ? { dest: STDERR, sync }
            : { dest: STDERR, sync, minLength: 4_096, periodicFlush: 500 },
        ),
      )
    : pino({ level, base: null }, pretty({ destination: STDERR, sync: true, singleLine: true }))
