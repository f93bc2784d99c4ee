// A disk of a few hundred megabytes that can be filled: a tmpfs.
import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const MB = 1024 * 1024

/** Runs a program as root, because only root may mount; other users need sudo without a password. */
const asRoot = (program: string, args: string[]): void => {
  const isRoot = process.getuid?.() === 0
  execFileSync(isRoot ? program : 'sudo', isRoot ? args : ['-n', program, ...args])
}

export const smallDisk = (megabytes: number) => {
  const folder = join(tmpdir(), `opsmantik-small-${randomUUID()}`)
  const filler = join(folder, 'filler')
  mkdirSync(folder)
  asRoot('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=777`, 'tmpfs', folder])
  return {
    folder,
    /** Takes all the room but `left` megabytes. */
    fill: (left = 0) => {
      const { bavail, bsize } = statfsSync(folder)
      // Other writers may take space in the meantime, so with `left` 0 it writes until the disk itself reports that it
      // is full.
      const bytes = left === 0 ? megabytes * MB : bavail * bsize - left * MB
      try {
        writeFileSync(filler, Buffer.alloc(bytes))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
      }
    },
    free: () => rmSync(filler, { force: true }),
    remove: () => {
      asRoot('umount', ['-l', folder])
      if (existsSync(folder)) rmSync(folder, { recursive: true, force: true })
    },
  }
}
