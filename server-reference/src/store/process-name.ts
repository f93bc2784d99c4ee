import { execFileSync } from 'node:child_process'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/** Identifies a process on its machine. */
export interface ProcessName {
  pid: number
  /** Start time: the pid alone may belong to another process by now. Null if the system does not provide it. */
  began: string | null
  host: string
  /** Pids only mean something within their namespace: two containers may share a host name. */
  space: string | null
}

export const thisProcess = (): ProcessName => ({
  pid: process.pid,
  began: beganAt(process.pid),
  host: hostname(),
  space: pidSpace(),
})

/** Returns true if the process runs; null if that cannot be checked from here. */
export const isRunning = ({ pid, began, host, space }: ProcessName): boolean | null => {
  if (host !== hostname() || space !== pidSpace()) return null
  try {
    process.kill(pid, 0)
  } catch (error) {
    // EPERM: it runs, and belongs to another user.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false
  }
  const found = beganAt(pid)
  return found === null || began === null ? null : found === began
}

const beganAt = (pid: number): string | null => {
  try {
    // proc(5): after the command's name, which may hold blanks and brackets, come the state and 18 more, then the time.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    // A zombie has ended, but was not reaped, which in a container may last for ever.
    if (fields[0] === 'Z' || fields[0] === 'X') return 'ended'
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return `${boot} ${fields[19]}`
  } catch {
    return beganByPs(pid)
  }
}

/** Returns the start time from ps, because macOS and BSD have no /proc. */
const beganByPs = (pid: number): string | null => {
  try {
    const line = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { stdio: 'pipe' })
    return line.toString().trim() || null
  } catch {
    return null
  }
}

const pidSpace = (): string | null => {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return null
  }
}
