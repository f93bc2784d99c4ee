import { expect, it } from 'vitest'
import { drip, headOf } from './drip.js'
import { allStatuses, settle } from './ledger.js'
import { newEntry, note, persist, startLoad, twinOf } from './load.js'
import { sleep, type Scene } from './scene.js'

/** Tests a server that is killed, is stopped, or is not alone. */
export const serverFaults = (scene: () => Scene): void => {
  const own = async (kind: string) =>
    kind === 'embedded' ? scene().ownFolder() : scene().ownDatabase()

  it.each(['embedded', 'Postgres'])(
    'a server that is killed three times under load, %s: what it had acknowledged is there, the rest is recorded when it is back',
    async (kind) => {
      const { env, found } = await own(kind)
      const server = await scene().restartable(env)
      const load = startLoad(server.url)
      for (let time = 0; time < 3; time++) {
        await load.more(200)
        await server.stop('SIGKILL')
        await server.resume()
      }
      await load.more(200)
      const entries = await load.finish()
      await server.stop('SIGTERM')
      settle(`kill -9 of the server three times, ${kind}`, entries, await found())
      expect(allStatuses(entries)).toEqual(new Set([0, 200]))
    },
  )

  it.each(['embedded', 'Postgres'])(
    'a server that gets SIGTERM under load, %s: what is in flight is answered, and it exits with 0',
    async (kind) => {
      const { env, found } = await own(kind)
      const server = await scene().restartable(env)
      const load = startLoad(server.url)
      await load.more(200)
      const halfway = newEntry()
      const pieces = halfway.body.match(/.{1,10}/g)!
      const answer = drip(server.url, [headOf(halfway.body), ...pieces], { pause: 50 })
      await sleep(300)
      const { code } = await server.stop('SIGTERM')
      expect(code).toBe(0)
      halfway.deliveries++
      const { status, text } = await answer
      note(halfway, status, text)
      expect(halfway.statuses, 'a request that was halfway in').toEqual([200])
      await server.resume()
      await load.more(200)
      const entries = [...(await load.finish()), halfway]
      await server.stop('SIGTERM')
      settle(`SIGTERM under load, ${kind}`, entries, await found())
      expect(allStatuses(entries)).toEqual(new Set([0, 200]))
    },
  )

  it('two servers on one Postgres and one Redis that get the same events at once: one row each, and both tell its call_id', async () => {
    const { env, found } = await scene().ownDatabase()
    const both = { ...env, REDIS_URL: scene().redis.url }
    const [one, two] = await Promise.all([scene().start(both), scene().start(both)])
    const entries = Array.from({ length: 800 }, newEntry)
    const twins = entries.map(twinOf)
    for (let from = 0; from < entries.length; from += 40)
      await Promise.all([
        ...entries.slice(from, from + 40).map((entry) => persist(one.url, entry)),
        ...twins.slice(from, from + 40).map((entry) => persist(two.url, entry)),
      ])
    const calls = await found()
    settle('the same events to two servers at once: the first', entries, calls)
    settle('… and the second', twins, calls)
    const noops = [...entries, ...twins].filter(({ wasNoop }) => wasNoop)
    expect(noops.length, 'of two equal events one is new and one is noop').toBe(entries.length)
    expect(allStatuses([...entries, ...twins])).toEqual(new Set([200]))
  })
}
