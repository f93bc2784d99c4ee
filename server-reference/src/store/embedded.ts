import { existsSync, mkdirSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { lockDataFolder } from './data-folder-lock.js'
import { DataFolderUnusable } from './data-folder-unusable.js'
import { inRoom, requireRoom } from './disk-room.js'
import type { Database } from './database.js'
import { migrate } from './migrate.js'
import { openPglite } from './pglite-database.js'
import { syncPath, syncTree } from './sync-tree.js'

/**
 * Opens the embedded database. With `folder` null everything stays in memory; otherwise the folder is created, locked
 * for this process, and released by `close`.
 */
export const openEmbedded = async (folder: string | null): Promise<Database> => {
  if (folder === null) {
    const database = await openPglite(null)
    await migrate(database)
    return database
  }
  const path = resolve(folder)
  try {
    return await openFolder(path)
  } catch (error) {
    throw isFromSystem(error) ? new DataFolderUnusable(path, error) : error
  }
}

const isFromSystem = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'syscall' in error && 'code' in error

/**
 * Creates a folder without `recursive`, with which Node loops for ever if no folder can be created, such as in /proc
 * (20.20, 26.10).
 */
const makeFolder = (path: string): void => {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return
  if (dirname(path) !== path) makeFolder(dirname(path))
  mkdirSync(path)
}

const openFolder = async (path: string): Promise<Database> => {
  makeFolder(path)
  const unlock = await lockDataFolder(path)
  try {
    const database = inRoom(path, await openCluster(path))
    return {
      ...database,
      close: async () => {
        await database.close()
        unlock()
      },
    }
  } catch (error) {
    unlock()
    throw error
  }
}

/**
 * A process that was killed while it made the database leaves half of one, which does not start again. `ready` is
 * written once it is whole: what lies there without it never held an event, and is moved aside.
 */
const openCluster = async (path: string): Promise<Database> => {
  const cluster = join(path, 'postgres')
  const ready = join(path, 'ready')
  // Recovering from a crash writes too.
  requireRoom(path)
  if (existsSync(cluster) && !existsSync(ready))
    renameSync(cluster, `${cluster}.unfinished-${Date.now()}`)
  const database = await openPglite(cluster)
  await migrate(database)
  if (!existsSync(ready)) {
    // PGlite creates a cluster without syncing it. `ready` must not reach the disk before everything it speaks for.
    syncTree(cluster)
    writeFileSync(ready, 'The database in postgres/ is complete. Do not delete this file.\n')
    for (const written of [ready, path, dirname(path)]) syncPath(written)
  }
  return database
}
