import { expect, it } from 'vitest'
import { signed } from '../../../server-reference/src/testing/sign.js'
import { allStatuses, settle } from './ledger.js'
import { newEntry, startLoad } from './load.js'
import { health, sleep, type Scene } from './scene.js'

/** Postgres goes away, or does not answer. */
export const postgresFaults = (scene: () => Scene): void => {
  it.each(['SIGINT', 'SIGQUIT'] as const)(
    'Postgres is restarted under load, stopped by %s: the server stays and says 503 meanwhile',
    async (signal) => {
      const { postgres, ownDatabase, start } = scene()
      const { env, found } = await ownDatabase()
      const server = await start(env)
      const load = startLoad(server.url)
      await load.more(300)
      await postgres.halt(signal)
      await postgres.resume()
      await load.more(300)
      const entries = await load.finish()
      settle(`Postgres restarted (${signal})`, entries, await found())
      expect(allStatuses(entries)).toEqual(new Set([200, 503]))
    },
  )

  it('Postgres is down for ten seconds: 503 with Retry-After meanwhile, from health too, and the server stays', async () => {
    const { postgres, ownDatabase, start } = scene()
    const { env, found } = await ownDatabase()
    const server = await start(env)
    const load = startLoad(server.url)
    await load.more(200)
    await postgres.halt('SIGINT')
    const resumed = sleep(10_000).then(postgres.resume)
    const { body } = newEntry()
    const refused = await fetch(`${server.url}/api/call-event/v2`, {
      method: 'POST',
      body,
      headers: { 'Content-Type': 'application/json', ...signed(body) },
    })
    expect(refused.status).toBe(503)
    expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThan(0)
    expect(await refused.json()).toMatchObject({ code: 'SIGNATURE_VERIFIER_UNAVAILABLE' })
    expect(await health(server.url)).toMatchObject({ status: 503, ok: false, db_ok: false })
    await resumed
    await load.more(200)
    const entries = await load.finish()
    settle('Postgres down for 10 s', entries, await found())
    expect(allStatuses(entries)).toEqual(new Set([200, 503]))
    expect(await health(server.url)).toMatchObject({ status: 200, ok: true, db_ok: true })
  })

  it('Postgres hangs for eight seconds: health says so in its two, requests are told 503, and all is well afterwards', async () => {
    const { postgres, admin, ownDatabase, start } = scene()
    const { env, found } = await ownDatabase()
    const server = await start(env)
    const load = startLoad(server.url)
    await load.more(200)
    const backends = await admin.query<{ pid: number }>(
      'select pid from pg_stat_activity where pid <> pg_backend_pid()',
    )
    const pids = [postgres.pid(), ...backends.map(({ pid }) => pid)]
    for (const pid of pids) process.kill(pid, 'SIGSTOP')
    const continued = sleep(8_000).then(() => {
      for (const pid of pids) process.kill(pid, 'SIGCONT')
    })
    try {
      const { status, ms } = await health(server.url)
      expect(status).toBe(503)
      expect(ms, 'half of what a client of health would wait').toBeLessThan(5_000)
      await load.answered(503, 1)
    } finally {
      await continued
    }
    await load.more(200)
    const entries = await load.finish()
    settle('Postgres hangs for 8 s (SIGSTOP)', entries, await found())
    expect(allStatuses(entries)).toEqual(new Set([200, 503]))
  })
}
