import { expect, it } from 'vitest'
import { readConfig } from './config.js'
import { ConfigError } from './config-error.js'

const problems = (env: Record<string, string>): string => {
  try {
    readConfig(env)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.join('\n')
    throw error
  }
  return ''
}
const PRODUCTION = { NODE_ENV: 'production', ALLOWED_ORIGINS: 'https://shop.example' }

it('an empty environment is development on 127.0.0.1:8787 with the demo’s origins and a random live token', () => {
  const config = readConfig({})
  expect(config).toMatchObject({
    port: 8787,
    host: '127.0.0.1',
    production: false,
    dataDir: '.data',
    signingDisabled: false,
    trustedHops: 0,
    logLevel: 'info',
    limits: { coarse: 300, v1: 80, v2: 150, sync: 500, address: 6000, site: 6000 },
  })
  expect(config.origins.map(({ origin }) => origin)).toContain('http://localhost:4002')
  expect(config.liveToken).toMatch(/^[\w-]{32}$/)
  expect(config.liveToken).not.toBe(readConfig({}).liveToken)
})

it('in production there is no live feed without a token', () => {
  expect(readConfig(PRODUCTION).liveToken).toBeNull()
  const LIVE_TOKEN = 'sixteen-letters.'
  expect(readConfig({ ...PRODUCTION, LIVE_TOKEN }).liveToken).toBe(LIVE_TOKEN)
})

it.each(['7', '0', '-8', '8.5', '1e2', '8 days', '36501'])(
  'RETENTION_DAYS=%s is refused: shorter than a client keeps its events, or no number of days',
  (days) =>
    expect(problems({ RETENTION_DAYS: days })).toMatch(/^RETENTION_DAYS: .* from 8 to 36500$/),
)

it('everything is kept unless RETENTION_DAYS says for how long', () => {
  expect(readConfig({}).retentionDays).toBeNull()
  expect(readConfig({ RETENTION_DAYS: '8' }).retentionDays).toBe(8)
})

it('PORT=0 asks for a free port and memory: for no folder', () => {
  expect(readConfig({ PORT: '0', DATA_DIR: 'memory:' })).toMatchObject({ port: 0, dataDir: null })
})

it.each([
  [{ PORT: 'http' }, 'PORT: "http" is not usable; expected a whole number from 0 to 65535'],
  [{ PORT: '70000' }, 'PORT: "70000"'],
  [{ PORT: '80.5' }, 'PORT: "80.5"'],
  [{ PORT: '-1' }, 'PORT: "-1"'],
  [{ HOST: 'http://x' }, 'HOST: "http://x"'],
  [{ DATA_DIR: 's3://bucket' }, 'DATA_DIR: "s3://bucket"'],
  [{ LOG_LEVEL: 'loud' }, 'LOG_LEVEL: "loud" is not usable; expected one of fatal, error'],
  [{ RATE_LIMIT_V1: '0' }, 'RATE_LIMIT_V1: "0"'],
  [{ RATE_LIMIT_COARSE: '1e3' }, 'RATE_LIMIT_COARSE: "1e3"'],
  [{ TRUSTED_PROXY_HOPS: 'true' }, 'TRUSTED_PROXY_HOPS: "true"'],
  [
    { CALL_EVENT_SIGNING_DISABLED: 'yes' },
    'CALL_EVENT_SIGNING_DISABLED: "yes" is not usable; expected 1 or 0',
  ],
  [{ DATABASE_URL: 'mysql://u:secret@h/d' }, 'DATABASE_URL: the value (20 characters, not shown)'],
  [{ DATABASE_URL: 'postgres://u:sec/ret@h/d' }, 'percent-encoded'],
  [{ REDIS_URL: 'localhost:6379' }, 'REDIS_URL: the value (14 characters, not shown)'],
  [
    { UPSTASH_REDIS_REST_URL: 'https://h' },
    'UPSTASH_REDIS_REST_TOKEN: missing; the URL and the token only work together',
  ],
  [{ UPSTASH_REDIS_REST_TOKEN: 'secretsecret' }, 'UPSTASH_REDIS_REST_URL: missing'],
  [
    {
      REDIS_URL: 'redis://h',
      UPSTASH_REDIS_REST_URL: 'https://h',
      UPSTASH_REDIS_REST_TOKEN: 'secretsecret',
    },
    'REDIS_URL and UPSTASH_REDIS_REST_URL are both set',
  ],
  [
    { UPSTASH_REDIS_REST_URL: 'https://u:secretsecret@h', UPSTASH_REDIS_REST_TOKEN: 'x' },
    'UPSTASH_REDIS_REST_URL: the value has a user name or a password in it (not shown)',
  ],
  [
    { REDIS_PATIENCE_MS: '0' },
    'REDIS_PATIENCE_MS: "0" is not usable; expected a whole number from 1',
  ],
  [{ NODE_ENV: 'Production' }, 'NODE_ENV: "Production" is not usable; expected one of production,'],
  [{ NODE_ENV: 'prod' }, 'NODE_ENV: "prod" is not usable'],
  [{ NODE_ENV: 'staging' }, 'NODE_ENV: "staging" is not usable'],
  [
    { NODE_ENV: ' production' },
    'NODE_ENV: " production" is not usable; expected no space around it',
  ],
  [{ NODE_ENV: 'production\u200e' }, 'NODE_ENV: "production\\u200e" is not usable'],
  [
    { ...PRODUCTION, LIVE_TOKEN: 'fifteen-letters' },
    'LIVE_TOKEN: the value (15 characters, not shown) is too short for production; expected at least 16',
  ],
  [{ ...PRODUCTION, METRICS_TOKEN: 'x' }, 'METRICS_TOKEN: the value (1 characters, not shown)'],
  [
    { REDIS_URL: 'redis://:secretsecret@a,redis://:secretsecret2@b' },
    'REDIS_URL: the nodes (not shown) differ in their scheme, user name or password',
  ],
  [{ REDIS_URL: 'redis://a,rediss://b' }, 'REDIS_URL: the nodes (not shown) differ'],
  [{ REDIS_URL: 'redis://a,b' }, 'REDIS_URL: the value (1 characters, not shown) is not a URL'],
  [{ REDIS_CLUSTER: '1' }, 'REDIS_CLUSTER: REDIS_URL is missing'],
  [{ METRICS_TOKEN: 'a secret, b' }, 'METRICS_TOKEN: the value (11 characters, not shown)'],
])('%j stops the start with: %s', (env, said) => {
  const text = problems(env as Record<string, string>)
  expect(text).toContain(said)
  expect(text).not.toMatch(/secretsecret|u:secret|a secret, b/)
})

it('all problems are told at once', () => {
  expect(problems({ PORT: 'x', LOG_LEVEL: 'y', ALLOWED_ORIGINS: 'z' }).split('\n')).toHaveLength(3)
})

it('seeds are read by UUID or public id; a secret may have colons', () => {
  const uuid = '11111111-2222-4333-8444-555555555555'
  const { seeds } = readConfig({
    SEED_SITES: `${uuid}:a:secret:with:colons,${'AB'.repeat(16)}:${'s'.repeat(16)}`,
  })
  expect(seeds).toEqual([
    { hex: uuid.replaceAll('-', ''), isUuid: true, secret: 'a:secret:with:colons' },
    { hex: 'ab'.repeat(16), isUuid: false, secret: 's'.repeat(16) },
  ])
})

it('a request waits 50 ms for Redis and 500 ms for Upstash, unless REDIS_PATIENCE_MS says otherwise', () => {
  const upstash = { UPSTASH_REDIS_REST_URL: 'https://h', UPSTASH_REDIS_REST_TOKEN: 't' }
  expect(readConfig({ REDIS_URL: 'redis://h' }).redisPatienceMs).toBe(50)
  expect(readConfig(upstash).redisPatienceMs).toBe(500)
  expect(readConfig({ ...upstash, REDIS_PATIENCE_MS: '80' }).redisPatienceMs).toBe(80)
})

it.each(['production', 'development', 'test', ''])('NODE_ENV=%s is taken', (NODE_ENV) => {
  const { production } = readConfig({ ...PRODUCTION, NODE_ENV })
  expect(production).toBe(NODE_ENV === 'production')
})

it('several REDIS_URLs, or one with REDIS_CLUSTER, are a cluster', () => {
  expect(readConfig({ REDIS_URL: 'redis://a, redis://b' }).redis).toEqual({
    nodes: ['redis://a', 'redis://b'],
  })
  expect(readConfig({ REDIS_URL: 'redis://a', REDIS_CLUSTER: '1' }).redis).toEqual({
    nodes: ['redis://a'],
  })
  expect(readConfig({ REDIS_URL: 'redis://a' }).redis).toEqual({ url: 'redis://a' })
})
