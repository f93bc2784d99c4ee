import { writeSync } from 'node:fs'
import { printableLines } from './printable.js'
import { redactUrls } from './redact-urls.js'

const STDOUT = 1
const STDERR = 2

/** A full pipe is tried again so often, every 20 ms: a second and a half. */
const TRIES = 75
const AGAIN_MS = 20

/** A command's output could not be written. */
export class OutputLost extends Error {
  constructor(code: string) {
    super(`stdout cannot be written (${code}), so the output of this command is lost`)
    this.name = 'OutputLost'
  }
}

/**
 * Writes a text and a line feed to stdout.
 *
 * `process.stdout` would emit an error later, which ends the process; here the caller decides.
 *
 * @throws OutputLost
 */
export const print = (text: string): void => {
  const failure = writeAll(STDOUT, text)
  if (failure !== null) throw new OutputLost(failure)
}

/** Writes a text and a line feed to stderr, as far as that is possible: there is no other place to complain. */
export const complain = (text: string): void => void writeAll(STDERR, redactUrls(text))

/** Returns the system's code of what went wrong, or null. */
const writeAll = (descriptor: number, text: string): string | null => {
  let bytes = Buffer.from(`${printableLines(text)}\n`)
  for (let tries = 0; tries < TRIES; tries++) {
    try {
      bytes = bytes.subarray(writeSync(descriptor, bytes))
      if (bytes.length === 0) return null
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code !== 'EAGAIN') return code ?? 'unknown'
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, AGAIN_MS)
    }
  }
  return 'EAGAIN'
}
