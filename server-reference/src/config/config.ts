import { randomBytes } from 'node:crypto'
import type { LimitKind } from '../limits/limiter.js'
import { PATIENCE_HTTP_MS } from '../redis/patience.js'
import { ConfigError } from './config-error.js'
import type { OriginEntry } from './origins.js'
import { parseOrigins } from './parse-origins.js'
import { parseSeeds, type Seed } from './seeds.js'
import { TOKEN_MIN_LENGTH, VARIABLES, type VariableName } from './variable-table.js'
import { Variables } from './variables.js'

/** The whole of docs/reference-server.md, read once at start. */
export interface Config {
  port: number
  host: string
  production: boolean
  origins: OriginEntry[]
  /** `ALLOWED_ORIGINS=sites`: what the sites in the database name is allowed too. */
  admitsNamedOrigins: boolean
  /** Folder of the embedded database; null keeps everything in memory. */
  dataDir: string | null
  /** Postgres instead of the embedded database. */
  databaseUrl: string | null
  /** The same without a pooler, for LISTEN; null: `databaseUrl`. */
  databaseDirectUrl: string | null
  /** Null: everything is kept. */
  retentionDays: number | null
  /** The store in which processes share limits, replay keys and the live feed; null: this process's memory. */
  redis: { url: string } | { nodes: string[] } | { restUrl: string; token: string } | null
  /** Milliseconds that a request waits for it. */
  redisPatienceMs: number
  /** Webhooks may be sent to private addresses and without TLS. */
  webhookAllowPrivate: boolean
  seeds: Seed[]
  signingDisabled: boolean
  limits: Record<LimitKind, number>
  trustedHops: number
  /** Null: no live feed. */
  liveToken: string | null
  /** Development and loopback only: the inspection API for end-to-end tests. */
  inspect: boolean
  /** Null: no metrics in production, and open ones in development. */
  metricsToken: string | null
  logLevel: ReturnType<typeof readLogLevel>
}

const POSTGRES = ['postgres:', 'postgresql:']

/** Origins of the three pages of `npm run demo`. */
const DEMO_ORIGINS = [4001, 4002, 4003].flatMap((port) => [
  `http://127.0.0.1:${port}`,
  `http://localhost:${port}`,
])

/** @throws ConfigError that lists every problem at once */
export const readConfig = (env: Record<string, string | undefined>): Config => {
  const read = new Variables(env)
  const production = readProduction(read)
  const redis = readRedis(read)

  const config: Config = {
    port: read.integer('PORT'),
    host: readHost(read),
    production,
    ...readOrigins(read, production),
    dataDir: readDataDir(read),
    databaseUrl: readUrl(read, 'DATABASE_URL', POSTGRES),
    databaseDirectUrl: readUrl(read, 'DATABASE_DIRECT_URL', POSTGRES),
    retentionDays: readRetentionDays(read),
    redis,
    redisPatienceMs:
      redis !== null && 'restUrl' in redis
        ? read.integer('REDIS_PATIENCE_MS', PATIENCE_HTTP_MS)
        : read.integer('REDIS_PATIENCE_MS'),
    webhookAllowPrivate: read.flag('WEBHOOK_ALLOW_PRIVATE'),
    seeds: readSeeds(read, production),
    signingDisabled: read.flag('CALL_EVENT_SIGNING_DISABLED'),
    limits: {
      coarse: read.integer('RATE_LIMIT_COARSE'),
      v1: read.integer('RATE_LIMIT_V1'),
      v2: read.integer('RATE_LIMIT_V2'),
      sync: read.integer('RATE_LIMIT_SYNC'),
      address: read.integer('RATE_LIMIT_ADDRESS'),
      site: read.integer('RATE_LIMIT_SITE'),
      share: read.integer('RATE_LIMIT_SHARE'),
    },
    trustedHops: read.integer('TRUSTED_PROXY_HOPS'),
    liveToken: readLiveToken(read, production),
    metricsToken: readToken(read, 'METRICS_TOKEN', production),
    inspect: readInspect(read, production),
    logLevel: readLogLevel(read),
  }
  if (read.problems.length > 0) throw new ConfigError(read.problems)
  return config
}

const readLogLevel = (read: Variables) => read.choice('LOG_LEVEL')

/**
 * Reads NODE_ENV. Only the three exact words are accepted, and nothing is trimmed: `Production`, `prod` or
 * ` production` would otherwise mean development, in which `*` is allowed and the console shows its token.
 */
const readProduction = (read: Variables): boolean => {
  const raw = read.raw('NODE_ENV')
  if (raw === undefined || raw === '') return false
  if (raw !== raw.trim()) read.refuse('NODE_ENV', raw, 'no space around it')
  else read.choice('NODE_ENV')
  return raw === 'production'
}

/** Shorter than a client keeps its events, a retry could count as new (contract section 8). */
const RETENTION_MIN_DAYS = 8
const RETENTION_MAX_DAYS = 36_500

const readRetentionDays = (read: Variables): number | null => {
  const value = read.text('RETENTION_DAYS')
  if (value === undefined) return null
  const days = Number(value)
  if (/^\d{1,5}$/.test(value) && days >= RETENTION_MIN_DAYS && days <= RETENTION_MAX_DAYS)
    return days
  read.refuse(
    'RETENTION_DAYS',
    value,
    `a whole number of days from ${RETENTION_MIN_DAYS} to ${RETENTION_MAX_DAYS}`,
  )
  return null
}

const readHost = (read: Variables): string => {
  const host = read.text('HOST') ?? VARIABLES.HOST.fallback
  const bare = host.replace(/^\[(.*)\]$/, '$1')
  if (!/^[\w.:-]+(%\w+)?$/.test(bare)) read.refuse('HOST', host, 'a host name or an IP address')
  return bare
}

const readDataDir = (read: Variables): string | null => {
  const folder = read.text('DATA_DIR') ?? VARIABLES.DATA_DIR.fallback
  if (/^memory:(\/\/)?$/.test(folder)) return null
  if (/^[a-z][a-z\d+.-]+:/i.test(folder)) read.refuse('DATA_DIR', folder, 'a folder, or memory:')
  return folder
}

const readOrigins = (
  read: Variables,
  production: boolean,
): Pick<Config, 'origins' | 'admitsNamedOrigins'> => {
  const list = read.text('ALLOWED_ORIGINS')
  const { entries, admitsNamed, problems } = parseOrigins(
    list ?? (production ? '' : DEMO_ORIGINS.join()),
    production,
  )
  read.problems.push(...problems)
  if (entries.length === 0 && !admitsNamed && problems.length === 0)
    read.problems.push(
      `ALLOWED_ORIGINS: ${list === undefined ? 'missing' : JSON.stringify(list) + ' is empty'}${production ? ' in production' : ''}; expected the exact origins of the sites that may send events, such as "https://www.shop.example,https://shop.example", or "sites" for those that the sites in the database name`,
    )
  return { origins: entries, admitsNamedOrigins: admitsNamed }
}

const readSeeds = (read: Variables, production: boolean): Seed[] => {
  const list = read.text('SEED_SITES')
  if (list === undefined) return []
  if (production) {
    read.problems.push(
      'SEED_SITES: refused in production, because a secret in the environment ends up in logs and panels; use "site add"',
    )
    return []
  }
  const { seeds, problems } = parseSeeds(list)
  read.problems.push(...problems)
  return seeds
}

/** Reads INSPECT. Anyone who can reach the inspection API reads the requests and controls the responses. */
const readInspect = (read: Variables, production: boolean): boolean => {
  const wanted = read.flag('INSPECT')
  const host = read.text('HOST') ?? VARIABLES.HOST.fallback
  const isLoopback = /^(127(\.\d{1,3}){3}|localhost|\[?::1\]?)$/i.test(host)
  if (wanted && production)
    read.problems.push('INSPECT: refused in production; it is for end-to-end tests')
  else if (wanted && !isLoopback)
    read.problems.push(
      `INSPECT: refused with HOST ${JSON.stringify(host)}; it is for tests on the same machine, such as HOST=127.0.0.1`,
    )
  return wanted
}

/** Reads LIVE_TOKEN. In development there is always a token: the server prints it. */
const readLiveToken = (read: Variables, production: boolean): string | null =>
  readToken(read, 'LIVE_TOKEN', production) ??
  (production ? null : randomBytes(24).toString('base64url'))

/**
 * Reads a token. It is sent as `token.<value>` in Sec-WebSocket-Protocol, or after `Bearer`, so it has to be a token as
 * RFC 9110 defines it. In production it must not be guessable.
 */
const readToken = (
  read: Variables,
  name: 'LIVE_TOKEN' | 'METRICS_TOKEN',
  production: boolean,
): string | null => {
  const token = read.text(name)
  if (token === undefined) return null
  if (!/^[\w.~+-]{1,256}$/.test(token))
    read.problems.push(
      `${name}: the value (${token.length} characters, not shown) has others than letters, digits and . _ ~ + -, or more than 256`,
    )
  else if (production && token.length < TOKEN_MIN_LENGTH)
    read.problems.push(
      `${name}: the value (${token.length} characters, not shown) is too short for production; expected at least ${TOKEN_MIN_LENGTH}, such as from "openssl rand -hex 24"`,
    )
  return token
}

/** Reads a URL of one of these schemes. */
const readUrl = (
  read: Variables,
  name: VariableName,
  schemes: readonly string[],
): string | null => {
  const url = read.text(name)
  if (url === undefined) return null
  refuseOtherUrls(read, name, url, schemes)
  return url
}

/** Refuses other URLs. A URL may contain a password, so a message never shows it. */
const refuseOtherUrls = (
  read: Variables,
  name: VariableName,
  url: string,
  schemes: readonly string[],
): void => {
  const isGood =
    URL.canParse(url) && schemes.includes(new URL(url).protocol) && new URL(url).hostname !== ''
  if (isGood) return
  read.problems.push(
    `${name}: the value (${url.length} characters, not shown) is not a URL that begins with ${schemes.map((scheme) => `${scheme}//`).join(' or ')} and names a host; a password's own / ? # @ % must be percent-encoded`,
  )
}

const readRedis = (read: Variables): Config['redis'] => {
  const direct = readRedisUrls(read)
  const restUrl = readUrl(read, 'UPSTASH_REDIS_REST_URL', ['https:', 'http:'])
  const token = read.text('UPSTASH_REDIS_REST_TOKEN') ?? null
  // fetch refuses such a URL, in an error that shows it.
  if (restUrl !== null && userInfoOf(restUrl) !== '')
    read.problems.push(
      'UPSTASH_REDIS_REST_URL: the value has a user name or a password in it (not shown); expected only https://<host>, and the token in UPSTASH_REDIS_REST_TOKEN',
    )
  if ((restUrl === null) !== (token === null))
    read.problems.push(
      `${restUrl === null ? 'UPSTASH_REDIS_REST_URL' : 'UPSTASH_REDIS_REST_TOKEN'}: missing; the URL and the token only work together`,
    )
  if (direct !== null && restUrl !== null)
    read.problems.push('REDIS_URL and UPSTASH_REDIS_REST_URL are both set; set the one to use')
  if (direct !== null) return direct
  return restUrl !== null && token !== null ? { restUrl, token } : null
}

/** Reads the URL of one Redis, or those of the nodes of a cluster. */
const readRedisUrls = (read: Variables): { url: string } | { nodes: string[] } | null => {
  const isCluster = read.flag('REDIS_CLUSTER')
  const value = read.text('REDIS_URL')
  if (value === undefined) {
    if (isCluster) read.problems.push('REDIS_CLUSTER: REDIS_URL is missing; it names the cluster')
    return null
  }
  const urls = value.split(',').map((url) => url.trim())
  for (const url of urls) refuseOtherUrls(read, 'REDIS_URL', url, ['redis:', 'rediss:'])
  const isOne = (of: (url: string) => string): boolean => new Set(urls.map(of)).size === 1
  if (!isOne(protocolOf) || !isOne(userInfoOf))
    read.problems.push(
      'REDIS_URL: the nodes (not shown) differ in their scheme, user name or password; a Redis Cluster has one for all',
    )
  return urls.length > 1 || isCluster ? { nodes: urls } : { url: value }
}

const protocolOf = (url: string): string => (URL.canParse(url) ? new URL(url).protocol : '')

/** Returns user name and password of a URL, or an empty text. */
const userInfoOf = (url: string): string => {
  if (!URL.canParse(url)) return ''
  const { username, password } = new URL(url)
  return username === '' && password === '' ? '' : `${username}:${password}`
}
