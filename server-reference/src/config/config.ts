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
  seeds: Seed[]
  signingDisabled: boolean
  limits: Record<LimitKind, number>
  trustedHops: number
  /** Null: no live feed. */
  liveToken: string | null
  logLevel: (typeof LOG_LEVELS)[number]
}

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const

/** Where `npm run demo` serves its three pages. */
const DEMO_ORIGINS = [4001, 4002, 4003].flatMap((port) => [
  `http://127.0.0.1:${port}`,
  `http://localhost:${port}`,
])

/** Variables of deployments that this version cannot serve yet: silence would lose data where nobody looks. */
const NOT_YET = {
  DATABASE_URL: 'only the embedded database (DATA_DIR) works so far',
  REDIS_URL: 'limits and replay keys are only kept in memory so far',
  UPSTASH_REDIS_REST_URL: 'limits and replay keys are only kept in memory so far',
  UPSTASH_REDIS_REST_TOKEN: 'limits and replay keys are only kept in memory so far',
} as const

/** Throws a ConfigError that lists every problem at once. */
export const readConfig = (env: Record<string, string | undefined>): Config => {
  const read = new Variables(env)
  const production = read.text('NODE_ENV') === 'production'
  for (const [name, why] of Object.entries(NOT_YET))
    if (read.text(name) !== undefined)
      read.problems.push(`${name} is set, but this version does not support it: ${why}. Unset it.`)

  const config: Config = {
    port: read.integer('PORT', 8787, 0, 65_535),
    host: readHost(read),
    production,
    origins: readOrigins(read, production),
    dataDir: readDataDir(read),
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

/** It travels as `token.<value>` in Sec-WebSocket-Protocol, so it has to be what RFC 9110 calls a token. */
const readLiveToken = (read: Variables, production: boolean): string | null => {
  const token = read.text('LIVE_TOKEN')
  if (token === undefined) return production ? null : randomBytes(24).toString('base64url')
  if (!/^[\w.~+-]{1,256}$/.test(token))
    read.problems.push(
      `LIVE_TOKEN: the value (${token.length} characters, not shown) has others than letters, digits and . _ ~ + -, or more than 256`,
    )
  return token
}
