import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { FolderInUse, lockDataFolder } from './data-folder-lock.js'
import { thisProcess, type ProcessName } from './process-name.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'opsmantik-lock-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const lockOf = (owner: Partial<ProcessName>): string => {
  const path = join(folder, 'server.lock')
  writeFileSync(path, JSON.stringify({ ...thisProcess(), ...owner }))
  return path
}
const touch = (path: string, ago: number): void =>
  utimesSync(path, new Date(Date.now() - ago), new Date(Date.now() - ago))

/** Resolves once the lock was acquired and released. */
const lockAndUnlock = async (): Promise<void> => (await lockDataFolder(folder))()

it('a second lock on one folder is refused and names the process; after unlocking it is given', async () => {
  const unlock = await lockDataFolder(folder)
  const second = await lockDataFolder(folder).catch((error: unknown) => error)
  expect(second).toBeInstanceOf(FolderInUse)
  expect(String(second)).toContain(`process ${process.pid} on ${hostname()}`)
  unlock()
  await lockAndUnlock()
  expect(readdirSync(folder)).toEqual([])
})

it('the lock of a process that has ended is taken over at once', async () => {
  const child = spawn(process.execPath, ['-e', ''])
  await new Promise((resolve) => child.on('exit', resolve))
  lockOf({ pid: child.pid!, began: 'x' })
  const before = Date.now()
  await lockAndUnlock()
  expect(Date.now() - before).toBeLessThan(500)
})

it('the lock of a pid that belongs to another process by now is taken over', async () => {
  lockOf({ pid: process.ppid, began: 'long before' })
  await lockAndUnlock()
})

it.runIf(process.platform === 'linux')(
  'the lock of a process that is just ending is taken over as soon as it has',
  async () => {
    const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 600)'])
    const stat = readFileSync(`/proc/${child.pid}/stat`, 'utf8')
    const boot = thisProcess().began!.split(' ')[0]
    lockOf({ pid: child.pid!, began: `${boot} ${stat.split(') ')[1]!.split(' ')[19]}` })
    const before = Date.now()
    await lockAndUnlock()
    expect(Date.now() - before).toBeGreaterThan(400)
  },
)

it.each([
  ['machine', { host: 'another-machine' }],
  ['container', { space: 'pid:[1]' }],
])('the lock of another %s is respected when it is touched', async (_, owner) => {
  const path = lockOf({ pid: 1, ...owner })
  const beat = setInterval(() => touch(path, 0), 100)
  await expect(lockDataFolder(folder)).rejects.toThrow('process 1 on')
  clearInterval(beat)
})

it('the lock of another machine that nobody touches any more is taken over', async () => {
  touch(lockOf({ host: 'another-machine' }), 60_000)
  await lockAndUnlock()
})

it('a lock that makes no sense is taken over', async () => {
  writeFileSync(join(folder, 'server.lock'), '')
  const unlock = await lockDataFolder(folder)
  expect(JSON.parse(readFileSync(join(folder, 'server.lock'), 'utf8'))).toMatchObject({
    pid: process.pid,
  })
  unlock()
})

it('of eight that take over a dead lock at once, one gets it', async () => {
  lockOf({ pid: process.ppid, began: 'long before' })
  const tries = await Promise.allSettled(Array.from({ length: 8 }, () => lockDataFolder(folder)))
  const given = tries.filter((one) => one.status === 'fulfilled')
  expect(given).toHaveLength(1)
  given[0]!.value()
})
