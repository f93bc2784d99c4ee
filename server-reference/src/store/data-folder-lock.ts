import { randomUUID } from 'node:crypto'
import {
  linkSync,
  readFileSync,
  renameSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { isRunning, thisProcess, type ProcessName } from './process-name.js'

/** The folder is another process's. */
export class FolderInUse extends Error {
  constructor(folder: string, { pid, host }: ProcessName) {
    super(
      `The data folder ${folder} belongs to a running server, process ${pid} on ${host}. Stop it, or give this one a DATA_DIR of its own.`,
    )
    this.name = 'FolderInUse'
  }
}

const FILE = 'server.lock'
const BEAT_MS = 2_000
/** An owner that does not touch its lock for so long is dead. Making a database blocks it for some seconds. */
const SILENT_MS = 20_000
/** A process that is killed takes a moment to end, and a supervisor is quick to start the next. */
const ENDING_MS = 2_000
const LOOK_AGAIN_MS = 50

/**
 * Locks the folder of the embedded database, which has no lock itself: a second process on the folder would lose rows
 * silently. A file names the owner. The lock of a dead owner is taken over; that of a living one is respected. An owner
 * that cannot be checked (on another machine, in another container) shows that it lives by touching the file.
 */
export const lockDataFolder = async (folder: string): Promise<() => void> => {
  const path = join(folder, FILE)
  const me = thisProcess()
  while (!created(path, me)) {
    const text = readText(path)
    if (text === null) continue
    const owner = parse(text)
    if (owner !== null && (await staysAlive(owner, path))) throw new FolderInUse(folder, owner)
    takeAway(path, text)
  }
  const beat = setInterval(() => touch(path), BEAT_MS)
  beat.unref()
  return () => {
    clearInterval(beat)
    if (readText(path) === JSON.stringify(me)) unlinkSync(path)
  }
}

/**
 * Creates the lock file. It is written under another name and then linked, so that no process ever reads a partial
 * lock.
 */
const created = (path: string, owner: ProcessName): boolean => {
  const aside = `${path}.${randomUUID()}`
  writeFileSync(aside, JSON.stringify(owner))
  try {
    linkSync(aside, path)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  } finally {
    unlinkSync(aside)
  }
}

/** Looks until it is sure: a running process that may just be ending, or a lock that may be touched again. */
const staysAlive = async (owner: ProcessName, path: string): Promise<boolean> => {
  const firstLook = Date.now()
  const firstTouch = touchedAt(path)
  for (;;) {
    const running = isRunning(owner)
    const touched = touchedAt(path)
    if (running === false || touched === null) return false
    if (running === true && Date.now() - firstLook >= ENDING_MS) return true
    if (running === null && touched !== firstTouch) return true
    if (running === null && Date.now() - touched >= SILENT_MS) return false
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS))
  }
}

/** Removes the lock that was judged, and puts it back if another process has replaced it meanwhile. */
const takeAway = (path: string, judged: string): void => {
  const aside = `${path}.${randomUUID()}`
  try {
    renameSync(path, aside)
  } catch {
    return
  }
  if (readText(aside) !== judged) {
    try {
      linkSync(aside, path)
    } catch {
      // Another process has locked it again, and keeps its lock.
    }
  }
  unlinkSync(aside)
}

const parse = (text: string): ProcessName | null => {
  try {
    const owner = JSON.parse(text) as Partial<ProcessName>
    return Number.isInteger(owner.pid) && typeof owner.host === 'string'
      ? (owner as ProcessName)
      : null
  } catch {
    return null
  }
}

const readText = (path: string): string | null => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}

const touchedAt = (path: string): number | null =>
  statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? null

const touch = (path: string): void => {
  try {
    utimesSync(path, new Date(), new Date())
  } catch {
    // A full or vanished disk shows itself at the next statement.
  }
}
