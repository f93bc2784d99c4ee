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
  expect(readConfig({ ...PRODUCTION, LIVE_TOKEN: 'abc' }).liveToken).toBe('abc')
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
  [
    { DATABASE_URL: 'postgres://u:secret@h/d' },
    'DATABASE_URL is set, but this version does not support it',
  ],
  [{ REDIS_URL: 'redis://h' }, 'REDIS_URL is set'],
  [{ UPSTASH_REDIS_REST_URL: 'https://h' }, 'UPSTASH_REDIS_REST_URL is set'],
  [{ UPSTASH_REDIS_REST_TOKEN: 'secret' }, 'UPSTASH_REDIS_REST_TOKEN is set'],
  [{ LIVE_TOKEN: 'a secret, b' }, 'LIVE_TOKEN: the value (11 characters, not shown)'],
  [{ SEED_SITES: 'abc:secretsecretsecret' }, 'SEED_SITES: entry 1 does not begin with'],
  [
    { SEED_SITES: `${'a'.repeat(32)}:secret` },
    'has a secret of 6 characters; expected at least 16',
  ],
  [{ NODE_ENV: 'production' }, 'ALLOWED_ORIGINS: missing in production'],
  [{ NODE_ENV: 'production', ALLOWED_ORIGINS: ' ' }, 'ALLOWED_ORIGINS: missing in production'],
  [
    { NODE_ENV: 'production', ALLOWED_ORIGINS: '*' },
    'ALLOWED_ORIGINS: "*" is not accepted in production',
  ],
  [
    { ...PRODUCTION, SEED_SITES: `${'a'.repeat(32)}:secretsecretsecret` },
    'SEED_SITES: refused in production',
  ],
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
