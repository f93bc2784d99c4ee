import { chownSync, mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { createClient } from 'redis'
import { expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { SITE } from '../../server-reference/src/testing/sign.js'
import { settle } from '../services/faults/ledger.js'
import { startLoad } from '../services/faults/load.js'
import { databaseAt, eventually, health } from '../services/faults/scene.js'
import { smallDisk } from '../services/faults/small-disk.js'
import { startPostgres } from '../services/postgres.mjs'
import { startRedis } from '../services/redis.mjs'
import { launchForTest } from './support/launch-server.js'

const ORIGIN = 'https://shop.example'
const TOKEN = 'live-token-of-the-attacks'
const MANY = '1000000'
const LIMITS = ['COARSE', 'V2', 'ADDRESS', 'SITE', 'SHARE'].map((kind) => [
  `RATE_LIMIT_${kind}`,
  MANY,
])

/** Postgres with its tables on a disk that can be filled. */
const startDatabase = async () => {
  const disk = smallDisk(100)
  onTestFinished(() => disk.remove())
  const postgres = await startPostgres({ durable: true })
  onTestFinished(() => postgres.stop())
  const folder = join(disk.folder, 'tables')
  mkdirSync(folder)
  const { uid, gid } = statSync(postgres.folder)
  chownSync(folder, uid, gid)
  const admin = databaseAt(postgres.url())
  await admin.query(`create tablespace small location '${folder}'`)
  await admin.query('create database attacked tablespace small')
  return { disk, postgres, ...databaseAt(postgres.url('attacked')) }
}

it('log, disk, database, Redis and feed fail one after the other while events come in: every acknowledged event is found once', async () => {
  const { disk, postgres, env, found } = await startDatabase()
  const redis = await startRedis()
  onTestFinished(() => redis.stop())
  const server = launchForTest({
    env: {
      ...env,
      ...(Object.fromEntries(LIMITS) as Record<string, string>),
      REDIS_URL: redis.url,
      SEED_SITES: `${SITE.publicId}:${SITE.secret}`,
      ALLOWED_ORIGINS: ORIGIN,
      LIVE_TOKEN: TOKEN,
    },
  })
  const url = await server.ready
  const read = async (): Promise<WebSocket> => {
    const reader = new WebSocket(
      `${url.replace('http', 'ws')}/api/live?token=${TOKEN}`,
      'ops.live.v1',
      {
        origin: ORIGIN,
      },
    )
    reader.on('error', () => {})
    await new Promise((resolve) => reader.on('open', resolve))
    return reader
  }
  const first = await read()
  const load = startLoad(url, 40)
  await load.more(200)

  // The reader of the log is gone.
  server.child.stderr!.destroy()
  await load.more(200)

  // The disk of the tables.
  disk.fill()
  await load.answered(503, 200)
  disk.free()
  await load.more(200)

  // The database, as if its machine fell over.
  await postgres.halt('SIGQUIT')
  await load.answered(503, 100)
  await postgres.resume()
  await load.more(200)

  // Redis, gone and back.
  await redis.halt('SIGKILL')
  await load.more(200)
  expect(await health(url)).toMatchObject({ status: 200, limiter: 'degraded' })
  await redis.resume()
  await eventually('Redis is believed again', async () => (await health(url)).limiter === 'redis')
  await load.more(200)

  // The feed: its subscriptions are cut, one reader stops reading, another one goes.
  const second = await read()
  first.pause()
  second.terminate()
  const client = createClient({ url: redis.url })
  client.on('error', () => {})
  await client.connect()
  await client.sendCommand(['CLIENT', 'KILL', 'TYPE', 'pubsub'])
  client.destroy()
  await load.more(200)
  const third = await read()
  const heard = new Promise<string>((resolve) =>
    third.on('message', (data) => resolve(String(data))),
  )
  await load.more(50)
  expect(await heard).toContain('"type":"call"')

  const entries = await load.finish()
  settle('log, disk, database, Redis, feed', entries, await found())
  first.terminate()
  third.terminate()
  expect(await server.kill('SIGTERM')).toBe(0)
}, 300_000)
