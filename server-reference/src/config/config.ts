import { randomBytes } from 'node:crypto'
import { RATE_LIMITS } from '@opsmantik/tracker/contract'
import type { LimitKind } from '../limits/limiter.js'
import { ConfigError } from './config-error.js'
import type { OriginEntry } from './origins.js'
import { parseOrigins } from './parse-origins.js'
import { parseSeeds, type Seed } from './seeds.js'
import { Variables } from './variables.js'

/** The whole of contract section 15, read once at start. */
export interface Config {
  port: number
  host: string
  production: boolean
  origins: OriginEntry[]
  /** Folder of the embedded database; null keeps everything in memory. */
  dataDir: string | null
  /** Postgres instead of the embedded database. */
  databaseUrl: string | null
  /** Where limits, replay keys and the live feed are shared between processes; null: in this one's memory. */
  redis: { url: string } | { restUrl: string; token: string } | null
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
  logLevel: (typeof LOG_LEVELS)[number]
}

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const

/** Where `npm run demo` serves its three pages. */
const DEMO_ORIGINS = [4001, 4002, 4003].flatMap((port) => [
  `http://127.0.0.1:${port}`,
  `http://localhost:${port}`,
])

/** Throws a ConfigError that lists every problem at once. */
export const readConfig = (env: Record<string, string | undefined>): Config => {
  const read = new Variables(env)
  const production = read.text('NODE_ENV') === 'production'

  const config: Config = {
    port: read.integer('PORT', 8787, 0, 65_535),
    host: readHost(read),
    production,
    origins: readOrigins(read, production),
    dataDir: readDataDir(read),
    databaseUrl: readUrl(read, 'DATABASE_URL', ['postgres:', 'postgresql:']),
    redis: readRedis(read),
    seeds: readSeeds(read, production),
    signingDisabled: read.flag('CALL_EVENT_SIGNING_DISABLED'),
    limits: {
      coarse: readLimit(read, 'coarse'),
      v1: readLimit(read, 'v1'),
      v2: readLimit(read, 'v2'),
      sync: readLimit(read, 'sync'),
      address: readLimit(read, 'address'),
      site: readLimit(read, 'site'),
    },
    trustedHops: read.integer('TRUSTED_PROXY_HOPS', 0, 0, 32),
    liveToken: readLiveToken(read, production),
    metricsToken: readToken(read, 'METRICS_TOKEN'),
    inspect: readInspect(read, production),
    logLevel: read.oneOf('LOG_LEVEL', 'info', LOG_LEVELS),
  }
  if (read.problems.length > 0) throw new ConfigError(read.problems)
  return config
}

const readLimit = (read: Variables, kind: LimitKind): number =>
  read.integer(`RATE_LIMIT_${kind.toUpperCase()}`, RATE_LIMITS[kind].limit, 1, 1_000_000_000)

const readHost = (read: Variables): string => {
  const host = read.text('HOST') ?? '127.0.0.1'
  const bare = host.replace(/^\[(.*)\]$/, '$1')
  if (!/^[\w.:-]+(%\w+)?$/.test(bare)) read.refuse('HOST', host, 'a host name or an IP address')
  return bare
}

const readDataDir = (read: Variables): string | null => {
  const folder = read.text('DATA_DIR') ?? '.data'
  if (/^memory:(\/\/)?$/.test(folder)) return null
  if (/^[a-z][a-z\d+.-]+:/i.test(folder)) read.refuse('DATA_DIR', folder, 'a folder, or memory:')
  return folder
}

const readOrigins = (read: Variables, production: boolean): OriginEntry[] => {
  const list = read.text('ALLOWED_ORIGINS')
  const { entries, problems } = parseOrigins(
    list ?? (production ? '' : DEMO_ORIGINS.join()),
    production,
  )
  read.problems.push(...problems)
  if (entries.length === 0 && problems.length === 0)
    read.problems.push(
      `ALLOWED_ORIGINS: ${list === undefined ? 'missing' : JSON.stringify(list) + ' is empty'}${production ? ' in production' : ''}; expected the exact origins of the sites that may send events, such as "https://www.shop.example,https://shop.example"`,
    )
  return entries
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

/** Whoever reaches it reads what was sent and steers what is answered. */
const readInspect = (read: Variables, production: boolean): boolean => {
  const wanted = read.flag('INSPECT')
  const host = read.text('HOST') ?? '127.0.0.1'
  const isLoopback = /^(127(\.\d{1,3}){3}|localhost|\[?::1\]?)$/i.test(host)
  if (wanted && production)
    read.problems.push('INSPECT: refused in production; it is for end-to-end tests')
  else if (wanted && !isLoopback)
    read.problems.push(
      `INSPECT: refused with HOST ${JSON.stringify(host)}; it is for tests on the same machine, such as HOST=127.0.0.1`,
    )
  return wanted
}

/** In development there is always one: the server prints it. */
const readLiveToken = (read: Variables, production: boolean): string | null =>
  readToken(read, 'LIVE_TOKEN') ?? (production ? null : randomBytes(24).toString('base64url'))

/** It travels as `token.<value>` in Sec-WebSocket-Protocol, or after `Bearer`, so it has to be what RFC 9110 calls a token. */
const readToken = (read: Variables, name: string): string | null => {
  const token = read.text(name)
  if (token === undefined) return null
  if (!/^[\w.~+-]{1,256}$/.test(token))
    read.problems.push(
      `${name}: the value (${token.length} characters, not shown) has others than letters, digits and . _ ~ + -, or more than 256`,
    )
  return token
}

/** A URL of one of these schemes. It may have a password in it, so a message never shows it. */
const readUrl = (read: Variables, name: string, schemes: readonly string[]): string | null => {
  const url = read.text(name)
  if (url === undefined) return null
  const isGood =
    URL.canParse(url) && schemes.includes(new URL(url).protocol) && new URL(url).hostname !== ''
  if (!isGood)
    read.problems.push(
      `${name}: the value (${url.length} characters, not shown) is not a URL that begins with ${schemes.map((scheme) => `${scheme}//`).join(' or ')} and names a host; a password's own / ? # @ % must be percent-encoded`,
    )
  return url
}

const readRedis = (read: Variables): Config['redis'] => {
  const url = readUrl(read, 'REDIS_URL', ['redis:', 'rediss:'])
  const restUrl = readUrl(read, 'UPSTASH_REDIS_REST_URL', ['https:', 'http:'])
  const token = read.text('UPSTASH_REDIS_REST_TOKEN') ?? null
  if ((restUrl === null) !== (token === null))
    read.problems.push(
      `${restUrl === null ? 'UPSTASH_REDIS_REST_URL' : 'UPSTASH_REDIS_REST_TOKEN'}: missing; the URL and the token only work together`,
    )
  if (url !== null && restUrl !== null)
    read.problems.push('REDIS_URL and UPSTASH_REDIS_REST_URL are both set; set the one to use')
  if (url !== null) return { url }
  return restUrl !== null && token !== null ? { restUrl, token } : null
}
