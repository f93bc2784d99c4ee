import { statfsSync } from 'node:fs'
import type { Database } from './database.js'

/**
 * Bytes that have to be free before a statement runs: two segments of the write-ahead log (16 MB each), which the
 * largest batch (128 bodies of 64 KiB, with their indexes) can begin, and as much for the tables.
 */
const RESERVE = 64 * 1024 * 1024

/** The disk is as good as full. */
export class DiskFull extends Error {
  constructor(folder: string, free: number) {
    super(
      `The disk of ${folder} has ${Math.floor(free / 1024 / 1024)} MB left; the embedded database needs ${RESERVE / 1024 / 1024} MB to work in.`,
    )
    this.name = 'DiskFull'
  }
}

const freeBytes = (folder: string): number => {
  const { bavail, bsize } = statfsSync(folder)
  return bavail * bsize
}

/** @throws DiskFull */
export const requireRoom = (folder: string): void => {
  const free = freeBytes(folder)
  if (free < RESERVE) throw new DiskFull(folder, free)
}

/**
 * Refuses statements while the disk is nearly full. Postgres panics when its log cannot grow, and PGlite's panic never
 * returns: it spins in XLogFlush on the thread that answers requests (0.5.16), so no request is answered until the
 * process is killed. Reading the free space costs 2 µs, and requests share statements.
 */
export const inRoom = (folder: string, database: Database): Database => ({
  query: async (role, sql, params) => {
    requireRoom(folder)
    return database.query(role, sql, params)
  },
  batch: async (role, sql, items) => {
    requireRoom(folder)
    return database.batch(role, sql, items)
  },
  script: async (sql) => {
    requireRoom(folder)
    return database.script(sql)
  },
  // Its last checkpoint is written too. Left open it is as after `kill -9`: nothing that was committed is lost.
  close: async () => {
    if (freeBytes(folder) >= RESERVE) await database.close()
  },
})
