import { constants, fstatSync, openSync, write, writeSync } from 'node:fs'

/**
 * A line for each request is a write for each, unless they go together; and each write wakes another thread, which at
 * 4,096 bytes was 15 % of a busy server's time (docs/decisions/server-speed.md).
 */
const TOGETHER_BYTES = 65_536
const FLUSH_MS = 500
/** A pipe whose reader sleeps, or a slow disk, may hold back so much; later lines are lost. */
const WAITING_MAX_BYTES = 1_048_576
/** Milliseconds before a write to a full pipe is retried. */
const AGAIN_MS = 50

const LINE_FEED = 0x0a

export interface LogDestination {
  /** Takes whole lines. Never throws and never waits. */
  write(lines: string): void
  /** Returns how many lines could not be written since the start. */
  lost(): number
  /** Returns the system's code of a failure that lasts, such as `ENOSPC`, or null. */
  failure(): string | null
}

interface Options {
  /** Tries to write each line before `write` returns, instead of some together. @default false */
  isSync?: boolean
  /** Called with the number of lost lines once lines can be written again. */
  onRecovered?: (lost: number) => void
}

/**
 * Writes log lines to a file descriptor. A log that cannot be written – a full disk, a closed pipe, a reader that has
 * stopped reading – costs its lines and nothing else: SonicBoom, pino's own, emits an error there, which ends the process.
 */
export const createLogDestination = (
  descriptor: number,
  { isSync = false, onRecovered = () => {} }: Options = {},
): LogDestination => {
  const fd = withoutBlocking(descriptor)
  let waiting: string[] = []
  let waitingBytes = 0
  /** Bytes that are being written, or that are left of a write. */
  let current: Buffer | null = null
  let isWriting = false
  let timer: NodeJS.Timeout | undefined
  let lost = 0
  let reported = 0
  let failure: string | null = null
  /** The end of a line was lost: what comes next begins with a line feed, so as not to continue it. */
  let isTorn = false
  let isPartWritten = false

  const take = (): Buffer | null => {
    if (current === null && waiting.length > 0) {
      current = Buffer.from((isTorn ? '\n' : '') + waiting.join(''))
      waiting = []
      waitingBytes = 0
    }
    return current
  }
  const onWritten = (written: number): void => {
    isPartWritten = written < current!.length
    current = isPartWritten ? current!.subarray(written) : null
    isTorn = false
    failure = null
    if (lost === reported) return
    const since = lost - reported
    reported = lost
    queueMicrotask(() => onRecovered(since))
  }
  const drop = (code: string): void => {
    lost += countLines(current!) - (isTorn ? 1 : 0)
    isTorn ||= isPartWritten
    isPartWritten = false
    current = null
    failure = code
  }
  const flushLater = (ms: number): void => {
    timer ??= setTimeout(() => {
      timer = undefined
      flush()
    }, ms).unref()
  }
  const flushSync = (): void => {
    for (let bytes = take(); bytes !== null; bytes = take()) {
      try {
        onWritten(writeSync(fd, bytes))
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException
        if (isBusy(code)) return flushLater(AGAIN_MS)
        drop(code ?? 'unknown')
      }
    }
  }
  const flushAsync = (): void => {
    const bytes = isWriting ? null : take()
    if (bytes === null) return
    isWriting = true
    write(fd, bytes, 0, bytes.length, null, (error, written) => {
      isWriting = false
      if (error === null) onWritten(written)
      else if (isBusy(error.code)) return flushLater(AGAIN_MS)
      else drop(error.code ?? 'unknown')
      if (current !== null || waitingBytes >= TOGETHER_BYTES) flushAsync()
      else if (waiting.length > 0) flushLater(FLUSH_MS)
    })
  }
  const flush = isSync ? flushSync : flushAsync
  process.once('exit', () => {
    // A write that has begun is finished by libuv.
    if (isWriting) current = null
    flushSync()
  })
  return {
    write: (lines) => {
      if (waitingBytes + lines.length > WAITING_MAX_BYTES) {
        lost++
        failure = 'EAGAIN'
        return
      }
      waiting.push(lines)
      waitingBytes += lines.length
      if (isSync || waitingBytes >= TOGETHER_BYTES) flush()
      else flushLater(FLUSH_MS)
    },
    lost: () => lost,
    failure: () => failure,
  }
}

const isBusy = (code: string | undefined): boolean =>
  code === 'EAGAIN' || code === 'EBUSY' || code === 'EINTR'

/** Lines that end in these bytes; the rest of one that has begun counts as one. */
const countLines = (bytes: Buffer): number => {
  let count = bytes.at(-1) === LINE_FEED ? 0 : 1
  for (const byte of bytes) if (byte === LINE_FEED) count++
  return count
}

/**
 * A pipe is opened a second time without blocking: a write to one whose reader sleeps would keep a thread of libuv, and
 * with it the end of the process, waiting for ever. The first descriptor stays as it is: others share it.
 */
const withoutBlocking = (descriptor: number): number => {
  try {
    if (!fstatSync(descriptor).isFIFO()) return descriptor
    const { O_WRONLY, O_NONBLOCK } = constants
    return openSync(`/proc/self/fd/${descriptor}`, O_WRONLY | O_NONBLOCK)
  } catch {
    // No such folder on this system, or the descriptor is closed.
    return descriptor
  }
}
