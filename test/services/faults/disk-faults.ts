import { chownSync, mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { startPostgres } from '../postgres.mjs'
import { allStatuses, settle } from './ledger.js'
import { PHONE, startLoad } from './load.js'
import { databaseAt, health, type Scene } from './scene.js'
import { smallDisk } from './small-disk.js'

/** Tests a full disk. */
export const diskFaults = (scene: () => Scene): void => {
  it.each([
    ['full', 0],
    // Room for rows, but not for the next 16 MB of the write-ahead log.
    ['nearly full', 12],
  ])(
    'the disk of the embedded database is %s for a while: 503 and no row, and it works again by itself',
    async (how, left) => {
      const disk = smallDisk(400)
      try {
        const { env, found } = scene().ownFolder(join(disk.folder, 'data'))
        const server = await scene().start({ ...env, LOG_LEVEL: 'error' })
        const load = startLoad(server.url)
        await load.more(300)
        disk.fill(left)
        await load.answered(503, 1_000)
        expect(await health(server.url)).toMatchObject({ status: 503, ok: false })
        disk.free()
        await load.more(300)
        expect(await health(server.url)).toMatchObject({ status: 200, ok: true })
        const entries = await load.finish()
        server.kill('SIGTERM')
        const { code, stderr } = await server.finished
        expect(code).toBe(0)
        settle(`the embedded database’s disk ${how}`, entries, await found())
        expect(allStatuses(entries)).toEqual(new Set([200, 503]))
        expect(stderr).not.toContain(PHONE)
      } finally {
        await scene().stopServers()
        disk.remove()
      }
    },
  )

  it('the disk of Postgres’ tables is full for a while: 503 and no row, and it works again by itself', async () => {
    const disk = smallDisk(100)
    const { admin, postgres, ownDatabase, start, stopServers } = scene()
    try {
      const folder = join(disk.folder, 'tables')
      mkdirSync(folder)
      const { uid, gid } = statSync(postgres.folder)
      chownSync(folder, uid, gid)
      await admin.query(`create tablespace small location '${folder}'`)
      const { env, found } = await ownDatabase('small')
      const server = await start({ ...env, LOG_LEVEL: 'error' })
      const load = startLoad(server.url)
      await load.more(300)
      disk.fill()
      await load.answered(503, 1_000)
      disk.free()
      await load.more(300)
      const entries = await load.finish()
      settle('the disk of Postgres’ tables full', entries, await found())
      expect(allStatuses(entries)).toEqual(new Set([200, 503]))
      expect(server.stderr()).toContain('No space left on device')
      expect(server.stderr()).not.toContain(PHONE)
      await stopServers()
      await admin.query(`drop database ${new URL(env.DATABASE_URL).pathname.slice(1)}`)
      await admin.query('drop tablespace small')
    } finally {
      await stopServers()
      disk.remove()
    }
  })

  it('the disk of all of Postgres is full for a while: 503 and no row, and it works again with Postgres', async () => {
    const disk = smallDisk(400)
    const before = process.env.TMPDIR
    process.env.TMPDIR = disk.folder
    const full = await startPostgres({ durable: true }).finally(() => {
      if (before === undefined) delete process.env.TMPDIR
      else process.env.TMPDIR = before
    })
    try {
      const { env, found } = databaseAt(full.url())
      const server = await scene().start(env)
      const load = startLoad(server.url)
      await load.more(300)
      disk.fill()
      await load.answered(503, 1_000)
      disk.free()
      // Postgres stops when its log cannot be written; its supervisor restarts it.
      await full.halt('SIGINT')
      await full.resume()
      await load.more(300)
      const entries = await load.finish()
      settle('the disk of all of Postgres full', entries, await found())
      expect(allStatuses(entries)).toEqual(new Set([200, 503]))
    } finally {
      await scene().stopServers()
      await full.stop()
      disk.remove()
    }
  })
}
