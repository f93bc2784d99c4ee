import { RATE_LIMITS } from '@opsmantik/tracker/contract'
import { PATIENCE_HTTP_MS, PATIENCE_TCP_MS } from '../redis/patience.js'
import type { LimitKind } from '../limits/limiter.js'

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const

/** Characters of a token that opens something in production, at least. */
export const TOKEN_MIN_LENGTH = 16

interface Row {
  /** One sentence for `--help` and the documentation. */
  meaning: string
  /** Words for the default, if it is not a value. */
  otherwise?: string
}
interface IntegerRow extends Row {
  kind: 'integer'
  fallback: number
  min: number
  max: number
}
interface ChoiceRow<T extends string = string> extends Row {
  kind: 'choice'
  fallback: T
  choices: readonly T[]
}
/** On or off; off unless it is set. */
interface FlagRow extends Row {
  kind: 'flag'
}
/** A text that `config.ts` parses further. */
interface TextRow<Fallback extends string | null = string | null> extends Row {
  kind: 'text'
  fallback: Fallback
}

const integer = (
  fallback: number,
  min: number,
  max: number,
  meaning: string,
  otherwise?: string,
): IntegerRow => ({
  kind: 'integer',
  fallback,
  min,
  max,
  meaning,
  ...(otherwise !== undefined && { otherwise }),
})
const flag = (meaning: string): FlagRow => ({ kind: 'flag', meaning })
const text = <const Fallback extends string | null>(
  fallback: Fallback,
  meaning: string,
  otherwise?: string,
): TextRow<Fallback> => ({
  kind: 'text',
  fallback,
  meaning,
  ...(otherwise !== undefined && { otherwise }),
})
const choice = <const T extends string>(
  fallback: T,
  choices: readonly T[],
  meaning: string,
): ChoiceRow<T> => ({ kind: 'choice', fallback, choices, meaning })

const LIMIT_MEANINGS: Record<LimitKind, string> = {
  coarse: 'V1 requests per minute for one client, before the signature',
  v1: 'V1 requests per minute for one client of a site',
  v2: 'V2 requests per minute for one visitor of a site, through one proxy',
  sync: 'sync requests per minute for one client',
  address: 'requests per minute for one address, whatever they are',
  site: 'calls per minute for one site, and as many page events',
  share: 'the part of a site’s limit that one address may use',
}
const limit = (kind: LimitKind): IntegerRow =>
  integer(RATE_LIMITS[kind].limit, 1, 1_000_000_000, LIMIT_MEANINGS[kind])

/**
 * Every environment variable of the server (docs/reference-server.md): the one place of its name, default and meaning.
 * `readConfig` reads no other; `--help` is made from it, and a test compares the README's table with it.
 */
export const VARIABLES = {
  PORT: integer(8787, 0, 65_535, 'port; 0 takes a free one'),
  HOST: text('127.0.0.1', 'address to listen on'),
  NODE_ENV: choice(
    'development',
    ['production', 'development', 'test'],
    'production fails closed: origins required, no inspector, no inspection API, no seeds; `/` asks for a token',
  ),
  ALLOWED_ORIGINS: text(
    null,
    'exact origins, comma-separated; `;until=2027-01-31` behind one retires it after that day; `sites` stands for those that the sites in the database name',
    'development: the demo’s shops; required in production',
  ),
  DATA_DIR: text('.data', 'folder of the embedded database; `memory:` keeps nothing'),
  DATABASE_URL: text(null, 'Postgres instead of the embedded database'),
  DATABASE_DIRECT_URL: text(
    null,
    'the same Postgres without a pooler, for LISTEN',
    'none: DATABASE_URL',
  ),
  RETENTION_DAYS: text(
    null,
    'days that calls, sessions and page events are kept, at least 8; of version 7 ids whole months are dropped',
    'none: kept for ever',
  ),
  WEBHOOK_ALLOW_PRIVATE: flag(
    'webhooks may go to private addresses and over http; for receivers in the server’s own network',
  ),
  REDIS_URL: text(
    null,
    'limits, replay keys and the feed’s messages, shared between processes; several URLs, comma-separated, are the nodes of a Redis Cluster',
    'none: memory',
  ),
  REDIS_CLUSTER: flag('REDIS_URL is the one name of a Redis Cluster'),
  UPSTASH_REDIS_REST_URL: text(null, 'the same over Upstash’s REST interface', 'none: memory'),
  UPSTASH_REDIS_REST_TOKEN: text(null, 'goes with UPSTASH_REDIS_REST_URL'),
  REDIS_PATIENCE_MS: integer(
    PATIENCE_TCP_MS,
    1,
    10_000,
    'milliseconds that a request waits for Redis or Upstash',
    `${PATIENCE_TCP_MS}; Upstash ${PATIENCE_HTTP_MS}`,
  ),
  SEED_SITES: text(
    null,
    '`<public id or UUID>:<secret>[,…]`, created at start if absent; refused in production',
  ),
  CALL_EVENT_SIGNING_DISABLED: flag('the rollback switch: signatures are not verified'),
  RATE_LIMIT_COARSE: limit('coarse'),
  RATE_LIMIT_V1: limit('v1'),
  RATE_LIMIT_V2: limit('v2'),
  RATE_LIMIT_SYNC: limit('sync'),
  RATE_LIMIT_ADDRESS: limit('address'),
  RATE_LIMIT_SITE: limit('site'),
  RATE_LIMIT_SHARE: limit('share'),
  TRUSTED_PROXY_HOPS: integer(
    0,
    0,
    32,
    'load balancers of the server’s own in front of it, counted from the right of `X-Forwarded-For`; a first-party proxy is not one of them',
  ),
  LIVE_TOKEN: text(
    null,
    `opens the live feed of all sites; at least ${TOKEN_MIN_LENGTH} characters in production`,
    'development: random, printed at start; production: none, no live feed',
  ),
  METRICS_TOKEN: text(
    null,
    `opens \`/metrics\`; at least ${TOKEN_MIN_LENGTH} characters in production`,
    'development: open; production: none, no metrics',
  ),
  INSPECT: flag('the inspection API for end-to-end tests; development and loopback only'),
  LOG_LEVEL: choice('info', LOG_LEVELS, `one of ${LOG_LEVELS.join(', ')}`),
} as const satisfies Record<string, IntegerRow | ChoiceRow | FlagRow | TextRow>

type Table = typeof VARIABLES
export type VariableName = keyof Table
/** The names of one kind. */
export type NameOf<Kind extends Table[VariableName]['kind']> = {
  [Name in VariableName]: Table[Name]['kind'] extends Kind ? Name : never
}[VariableName]

/** Returns the default in words. */
export const defaultOf = (name: VariableName): string => {
  const row: IntegerRow | ChoiceRow | FlagRow | TextRow = VARIABLES[name]
  if (row.otherwise !== undefined) return row.otherwise
  return row.kind === 'flag' ? 'off' : String(row.fallback ?? 'none')
}
