import {
  closeSync,
  cpSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  renameSync,
  rmdirSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Recording } from './recording-fs.js'

/** Bytes that a disk writes as a whole; a page of Postgres is 16 of them, and may be torn. */
const SECTOR_BYTES = 512

/**
 * Builds a folder as a power cut could have left it.
 *
 * Everything that was synced before the cut is there. Of what was written since then, each sector is there or not, as
 * chance decides. Folder entries (creations, renames, removals) and sizes are there in their order, up to a random point
 * after the last sync of anything: file systems with a journal (ext4, XFS, APFS) write them in that order, and a sync
 * writes those before it.
 *
 * @param cut how many of the recorded changes had happened
 * @param random returns a number in [0, 1)
 */
export const buildCrashImage = (
  recording: Recording,
  cut: number,
  folder: string,
  random: () => number,
): void => {
  const changes = recording.changes.slice(0, cut)
  const syncedAt = new Map<number, number>()
  changes.forEach((change, index) => {
    if (change.kind === 'sync') syncedAt.set(change.file, index)
  })
  const lastSync = Math.max(-1, ...syncedAt.values())
  const entriesUpTo = lastSync + 1 + Math.floor(random() * (cut - lastSync))
  // Some cuts keep nearly everything that was not synced, some nearly nothing.
  const share = random()

  cpSync(recording.base, folder, { recursive: true })
  const image = new Image(folder, recording.files)
  changes.forEach((change, index) => {
    if (change.kind === 'sync') return
    if (change.kind === 'write') {
      if (index < (syncedAt.get(change.file) ?? -1))
        image.write(change.file, change.at, change.data)
      else
        for (let from = 0; from < change.data.length;) {
          const to = from + SECTOR_BYTES - ((change.at + from) % SECTOR_BYTES)
          if (random() < share)
            image.write(change.file, change.at + from, change.data.subarray(from, to))
          from = to
        }
    } else if (
      index < entriesUpTo ||
      (change.kind === 'truncate' && index < (syncedAt.get(change.file) ?? -1))
    )
      image.change(change)
  })
}

/** A folder in the making. Files are known by number, because writes go on after a rename. */
class Image {
  readonly #folder: string
  readonly #paths: Map<number, string>

  constructor(folder: string, files: ReadonlyMap<number, string>) {
    this.#folder = folder
    this.#paths = new Map(files)
  }

  change(change: Exclude<Recording['changes'][number], { kind: 'write' | 'sync' }>): void {
    if (change.kind === 'truncate')
      this.#with(change.file, (descriptor) => ftruncateSync(descriptor, change.size))
    else if (change.kind === 'create') {
      this.#paths.set(change.file, change.path)
      const path = join(this.#folder, change.path)
      if (change.isFolder) mkdirSync(path)
      else closeSync(openSync(path, 'w'))
    } else if (change.kind === 'rename') {
      renameSync(join(this.#folder, change.from), join(this.#folder, change.to))
      for (const [file, path] of this.#paths) {
        if (path === change.to) this.#paths.delete(file)
        if (path === change.from) this.#paths.set(file, change.to)
      }
    } else {
      for (const [file, path] of this.#paths) if (path === change.path) this.#paths.delete(file)
      const path = join(this.#folder, change.path)
      if (change.isFolder) rmdirSync(path)
      else unlinkSync(path)
    }
  }

  write(file: number, at: number, data: Uint8Array): void {
    this.#with(file, (descriptor) => writeSync(descriptor, data, 0, data.length, at))
  }

  /** A file that is not there (its creation is not on the disk, or it was removed) takes no writes. */
  #with(file: number, work: (descriptor: number) => void): void {
    const path = this.#paths.get(file)
    if (path === undefined || !existsSync(join(this.#folder, path))) return
    const descriptor = openSync(join(this.#folder, path), 'r+')
    try {
      work(descriptor)
    } finally {
      closeSync(descriptor)
    }
  }
}
