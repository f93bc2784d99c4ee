import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { event, pageEvent } from './testing/call.js'
import { buildServer, type BuiltServer, type ExitedProcess } from './testing/server-process.js'
import { ORIGIN, SITE, signed } from './testing/sign.js'

let built: BuiltServer

beforeAll(async () => {
  built = await buildServer()
}, 60_000)
afterAll(() => built.remove())

const SECRETS = {
  'a site’s secret': SITE.secret,
  'the live token': 'the-live-token-that-nobody-sees',
  'the metrics token': 'the-metrics-token-that-nobody-sees',
  'the database’s password': 'the-database-password',
  'the password of Redis': 'the-redis-password',
  'the token of Upstash': 'the-upstash-token',
}
/** Visitors' private data. */
const PRIVATE = {
  'a phone number': '+905321234567',
  'a fingerprint': 'fingerprint-of-a-visitor',
  'a click id': 'click-id-of-a-visitor',
  'a page’s query': 'query=of-a-visitor',
}
const SENT = event({
  fingerprint: PRIVATE['a fingerprint'],
  intent_target: PRIVATE['a phone number'],
  gclid: PRIVATE['a click id'],
  intent_page_url: `https://shop.example/?${PRIVATE['a page’s query']}`,
})
const TOKENS = {
  LIVE_TOKEN: SECRETS['the live token'],
  METRICS_TOKEN: SECRETS['the metrics token'],
}

const mustNotSay = (text: string, where: string): void => {
  for (const [what, value] of Object.entries({ ...SECRETS, ...PRIVATE }))
    expect(text, `${what} in ${where}`).not.toContain(value)
}

/** Good and bad requests of every kind. Gives all that was answered, and the signatures that were sent. */
const knock = async (url: string): Promise<{ answers: string; signatures: string[] }> => {
  const signatures: string[] = []
  let answers = ''
  const send = async (path: string, init: RequestInit = {}): Promise<void> => {
    const headers = (init.headers ?? {}) as Record<string, string>
    if (headers['X-Ops-Signature'] !== undefined) signatures.push(headers['X-Ops-Signature'])
    const response = await fetch(url + path, init)
    answers += JSON.stringify([...response.headers]) + (await response.text())
  }
  const post = (path: string, body: string, headers: Record<string, string>): Promise<void> =>
    send(path, {
      method: 'POST',
      body,
      headers: { 'Content-Type': 'application/json', ...headers },
    })

  for (const path of ['/api/call-event', '/api/call-event/v2'])
    for (const headers of [
      signed(SENT),
      signed(SENT),
      signed(SENT, { secret: 'a-wrong-secret-of-24-chars' }),
      signed(SENT, { site: 'f'.repeat(32) }),
      signed(SENT, { ts: '1000000000' }),
      {},
    ])
      await post(path, SENT, { Origin: ORIGIN, ...headers })
  const broken = SENT.slice(0, -1) + ',"value":{}}'
  await post('/api/call-event/v2', broken, signed(broken))
  await post('/api/call-event/v2', SENT.slice(1), signed(SENT.slice(1)))
  await post('/api/call-event/v2', SENT, { Origin: 'https://evil.example', ...signed(SENT) })
  const page = pageEvent({
    u: `https://shop.example/?${PRIVATE['a page’s query']}`,
    meta: { fp: PRIVATE['a fingerprint'] },
  })
  await post('/api/sync', JSON.stringify(page), { Origin: ORIGIN })
  await post('/api/sync', JSON.stringify({ ...page, u: 5 }), { Origin: ORIGIN })
  for (const token of ['wrong', SECRETS['the live token']])
    await send(`/api/live?token=${token}`, { headers: { Origin: ORIGIN } })
  for (const token of ['wrong', SECRETS['the metrics token']])
    await send('/metrics', { headers: { Authorization: `Bearer ${token}` } })
  await send(`/nothing/here?token=${SECRETS['the live token']}`)
  await send('/api/health')
  return { answers, signatures }
}

describe.each(['production', 'development'])('a server in %s, which logs everything', (mode) => {
  it('says no secret, no signature and nothing of what visitors did, in no line and no answer', async () => {
    const folder = `${built.folder}/data-${mode}`
    const common = { DATA_DIR: folder, LOG_LEVEL: 'trace', ALLOWED_ORIGINS: ORIGIN }
    const seeds = { SEED_SITES: `${SITE.publicId}:${SITE.secret}` }
    if (mode === 'production') {
      // Seeds are refused there: the site is made before.
      const first = await built.start({ ...common, ...seeds })
      first.kill('SIGTERM')
      await first.finished
    }
    const server = await built.start({
      ...common,
      ...TOKENS,
      ...(mode === 'production' ? { NODE_ENV: 'production' } : seeds),
    })
    const { answers, signatures } = await knock(server.url)
    server.kill('SIGTERM')
    const { stdout, stderr } = await server.finished

    mustNotSay(answers, 'an answer')
    mustNotSay(stderr, 'the log')
    for (const signature of signatures) expect(stderr + answers).not.toContain(signature)
    // In development it is printed once at start, for the person who started the server.
    const printed = stdout.replace(/^OpsMantik live token: .*$/m, '')
    mustNotSay(printed, 'stdout')
    expect(stdout.includes(SECRETS['the live token'])).toBe(mode === 'development')
    // The requested outcomes really occurred.
    for (const code of ['unmatched', 'noop', 'SIGNATURE_INVALID', 'INVALID_BODY', 'synced'])
      expect(answers).toContain(code)

    if (mode === 'production') {
      const lines = stderr.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]))
      const requests = lines.filter((line: { msg: string }) => line.msg === 'request')
      expect(requests).toHaveLength(23)
      for (const line of requests)
        expect(line).toMatchObject({ request_id: expect.any(String), code: expect.any(String) })
      expect(requests.find((line: { code: string }) => line.code === 'unmatched')).toMatchObject({
        endpoint: '/api/call-event',
        status: 200,
        site: expect.stringMatching(/^[\da-f-]{36}$/),
      })
    }
  }, 60_000)
})

describe('what cannot be reached or used', () => {
  const database = (rest: string): string =>
    `postgres://user:${SECRETS['the database’s password']}@${rest}`
  const CASES: Record<string, Record<string, string>> = {
    'a Postgres that is not there': { DATABASE_URL: database('127.0.0.1:1/none') },
    'a DATABASE_URL of another kind': {
      DATABASE_URL: `mysql://u:${SECRETS['the database’s password']}@h/d`,
    },
    'a DATABASE_URL that does not parse': { DATABASE_URL: database('h o s t/d') },
    'a REDIS_URL that does not parse': {
      REDIS_URL: `redis//:${SECRETS['the password of Redis']}@h`,
    },
    'Upstash without its URL': {
      // Named in the message: the one that is missing.
      UPSTASH_REDIS_REST_URL: '',
      UPSTASH_REDIS_REST_TOKEN: SECRETS['the token of Upstash'],
    },
    'two stores at once': {
      REDIS_URL: `redis://:${SECRETS['the password of Redis']}@127.0.0.1:1`,
      UPSTASH_REDIS_REST_URL: 'https://u.example',
      UPSTASH_REDIS_REST_TOKEN: SECRETS['the token of Upstash'],
    },
    'a seed that is too short': { SEED_SITES: `${SITE.publicId}:${SITE.secret.slice(0, 10)}` },
    'a seed with a bad id': { SEED_SITES: `xyz:${SITE.secret}` },
    'seeds in production': {
      NODE_ENV: 'production',
      ALLOWED_ORIGINS: ORIGIN,
      SEED_SITES: `${SITE.publicId}:${SITE.secret}`,
    },
    'a token with spaces': { LIVE_TOKEN: `${SECRETS['the live token']} x` },
    'a metrics token with spaces': { METRICS_TOKEN: `${SECRETS['the metrics token']} x` },
  }
  it.each(Object.entries(CASES))(
    '%s: a sentence that names the variable, without its secret',
    async (_, env) => {
      const { code, stdout, stderr } = await built.run([], { LOG_LEVEL: 'trace', ...env })
      expect([1, 78]).toContain(code)
      expect(stderr).toMatch(new RegExp(Object.keys(env).join('|')))
      mustNotSay(stdout + stderr, 'the refusal to start')
      expect(stderr).not.toContain(SITE.secret.slice(0, 10))
    },
  )

  it.each([
    { REDIS_URL: `redis://:${SECRETS['the password of Redis']}@127.0.0.1:1` },
    {
      UPSTASH_REDIS_REST_URL: 'http://127.0.0.1:1',
      UPSTASH_REDIS_REST_TOKEN: SECRETS['the token of Upstash'],
    },
  ])(
    'a shared store that is not there: the server starts, counts by itself and says why',
    async (env) => {
      const server = await built.start({
        LOG_LEVEL: 'trace',
        ALLOWED_ORIGINS: ORIGIN,
        ...TOKENS,
        ...env,
      })
      const { answers } = await knock(server.url)
      server.kill('SIGTERM')
      const { stderr } = await server.finished
      expect(stderr).toContain('Redis is down')
      expect(answers).toContain('"limiter":"degraded"')
      mustNotSay(stderr + answers, 'log or answer')
    },
    30_000,
  )
})

it('a new secret is printed once, on stdout, by the command that makes it, and is nowhere else', async () => {
  const env = { DATA_DIR: `${built.folder}/data-sites`, LOG_LEVEL: 'trace' }
  const secretIn = ({ stdout, code }: ExitedProcess): string => {
    expect(code).toBe(0)
    const found = stdout.match(/secret +(\S{16,})/g) ?? []
    expect(found).toHaveLength(1)
    return found[0]!.replace(/secret +/, '')
  }
  const added = await built.run(['site', 'add', '--name', 'Shop'], env)
  const secret = secretIn(added)
  const id = /public id +(\S+)/.exec(added.stdout)![1]!
  const rotated = await built.run(['secret', 'rotate', id], env)
  const next = secretIn(rotated)
  expect(rotated.stdout + rotated.stderr).not.toContain(secret)
  for (const words of [
    ['site', 'list'],
    ['secret', 'promote', id],
    ['site', 'list'],
  ]) {
    const { code, stdout, stderr } = await built.run(words, env)
    expect(code).toBe(0)
    for (const one of [secret, next]) expect(stdout + stderr).not.toContain(one)
  }
}, 60_000)
