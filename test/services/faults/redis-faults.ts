import { expect, it } from 'vitest'
import { allStatuses, settle } from './ledger.js'
import { PATIENCE, startLoad } from './load.js'
import { eventually, health, sleep, type Scene } from './scene.js'

/** Tests that if Redis goes away, or does not respond, only health notices it. */
export const redisFaults = (scene: () => Scene): void => {
  it.each(['is killed and started again', 'hangs for 5 s (SIGSTOP)'])(
    'Redis %s under load: no request fails and none waits for it',
    async (how) => {
      const { redis, ownDatabase, start } = scene()
      const { env, found } = await ownDatabase()
      const server = await start({ ...env, REDIS_URL: redis.url })
      const load = startLoad(server.url)
      await load.more(300)
      expect((await health(server.url)).limiter).toBe('redis')
      if (how.startsWith('hangs')) redis.signal('SIGSTOP')
      else await redis.halt('SIGKILL')
      const back = how.startsWith('hangs')
        ? sleep(5_000).then(() => redis.signal('SIGCONT'))
        : load.more(500).then(redis.resume)
      try {
        // Acknowledged while Redis is away.
        await load.more(500)
        expect(await health(server.url)).toMatchObject({ status: 200, limiter: 'degraded' })
      } finally {
        await back
      }
      await eventually('Redis counts again', async () => {
        return (await health(server.url)).limiter === 'redis'
      })
      await load.more(300)
      const entries = await load.finish()
      settle(`Redis ${how}`, entries, await found())
      expect(allStatuses(entries)).toEqual(new Set([200]))
      const slowest = Math.max(...entries.map((entry) => entry.slowest))
      expect(slowest, 'a tenth of what a client would wait').toBeLessThan(PATIENCE / 10)
    },
  )
}
