import { closeSync, fsyncSync, openSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * Writes a folder, everything in it, and its own entry in the folder above it to the disk.
 *
 * @param sync writes one open file or folder to the disk
 */
export const syncTree = (folder: string, sync: (descriptor: number) => void = fsyncSync): void => {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  for (const entry of entries)
    if (entry.isFile() || entry.isDirectory()) syncPath(join(entry.parentPath, entry.name), sync)
  syncPath(folder, sync)
  syncPath(dirname(folder), sync)
}

/** Writes one file or folder to the disk: its content, or its list of names. */
export const syncPath = (path: string, sync: (descriptor: number) => void = fsyncSync): void => {
  // Windows opens no folder, and syncs only what is open for writing; its file system keeps the order of names itself.
  if (process.platform === 'win32') return
  const descriptor = openSync(path, 'r')
  try {
    sync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
