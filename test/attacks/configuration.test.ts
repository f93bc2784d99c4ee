import { mkdirSync, chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, inject, it } from 'vitest'
import { launchForTest } from './support/launch-server.js'

const PASSWORD = 'the-password-that-nobody-sees'
const PRODUCTION = { NODE_ENV: 'production', ALLOWED_ORIGINS: 'https://shop.example' }
/** The uid of `nobody`, because root may write everywhere. */
const NOBODY = 65_534

const end = async (env: Record<string, string>, uid?: number) => {
  const server = launchForTest({ env, ...(uid !== undefined && { uid }) })
  const code = await server.finished
  return { code, output: server.stdout() + server.stderr() }
}

it.each(['Production', 'PRODUCTION', 'prod', ' production', 'production ', 'productoin', 'live'])(
  'NODE_ENV=%j, which would silently be development, ends the start with 78',
  async (NODE_ENV) => {
    const { code, output } = await end({ ...PRODUCTION, NODE_ENV })
    expect(code).toBe(78)
    expect(output).toContain(`NODE_ENV: ${JSON.stringify(NODE_ENV)} is not usable`)
  },
)

it.each(['LIVE_TOKEN', 'METRICS_TOKEN'])(
  'a guessable %s is refused in production',
  async (name) => {
    const { code, output } = await end({ ...PRODUCTION, [name]: 'a' })
    expect(code).toBe(78)
    expect(output).toContain(`${name}: the value (1 characters, not shown) is too short`)
  },
)

it.each([
  ['UPSTASH_REDIS_REST_URL', `https://u:${PASSWORD}@upstash.example`],
  ['DATABASE_URL', `postgres://u:${PASSWORD}@127.0.0.1:1/none`],
  ['DATABASE_URL', `mysql://u:${PASSWORD}@h/d`],
  ['REDIS_URL', `http://u:${PASSWORD}@h`],
])('%s does not show its password when it cannot be used', async (name, url) => {
  const { code, output } = await end({
    [name]: url,
    ...(name.startsWith('UPSTASH') && { UPSTASH_REDIS_REST_TOKEN: PASSWORD }),
  })
  expect(code).not.toBe(0)
  expect(output).toContain(name)
  expect(output).not.toContain(PASSWORD)
})

it('a REDIS_URL that is not there does not show its password in the log', async () => {
  const server = launchForTest({ env: { REDIS_URL: `redis://u:${PASSWORD}@127.0.0.1:1` } })
  await server.ready
  expect(await server.kill('SIGTERM')).toBe(0)
  expect(server.stderr()).toMatch(/Redis/)
  expect(server.stdout() + server.stderr()).not.toContain(PASSWORD)
})

describe('a DATA_DIR that cannot be used is said in a sentence', () => {
  let folder: string
  beforeAll(() => {
    folder = join(inject('serverFolder'), 'data')
    mkdirSync(join(folder, 'locked'), { recursive: true })
    chmodSync(inject('serverFolder'), 0o755)
    chmodSync(join(folder, 'locked'), 0o555)
    writeFileSync(join(folder, 'file'), '')
  })

  it.each([
    ['a file in its place', 'file', 'it is a file, not a folder'],
    ['a file on the way', 'file/deeper', 'a part of the path is a file'],
    ['a folder without permission', 'locked', 'this user has no permission to write there'],
    ['one below it', 'locked/deeper', 'this user has no permission to write there'],
    ['a place where nothing can be created', '/proc/nothing', 'it cannot be created there'],
  ])('%s', async (_, path, sentence) => {
    const uid = process.getuid?.() === 0 ? NOBODY : undefined
    const DATA_DIR = path.startsWith('/') ? path : join(folder, path)
    const { code, output } = await end({ DATA_DIR }, uid)
    expect(output).toContain(`DATA_DIR: ${DATA_DIR} cannot be used: ${sentence}`)
    expect(output).not.toMatch(/\n\s+at /)
    expect(code).toBe(1)
  })
})
