import { pino, type Logger } from 'pino'
import pretty from 'pino-pretty'

const STDERR = 2

/** Logs go to stderr: JSON in production, for people in development. stdout belongs to the lines that programs read. */
export const createLogger = (level: string, production: boolean): Logger =>
  production
    ? pino({ level, base: null }, pino.destination({ dest: STDERR, sync: true }))
    : pino({ level, base: null }, pretty({ destination: STDERR, sync: true, singleLine: true }))
