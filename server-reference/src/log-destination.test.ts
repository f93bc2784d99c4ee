import { execFileSync } from 'node:child_process'
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createLogDestination } from './log-destination.js'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'opsmantik-log-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const until = async (isTrue: () => boolean): Promise<void> => {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 5))
}

describe.each([
  ['together', false],
  ['each at once', true],
])('lines written %s', (_, isSync) => {
  it('arrive in their order', async () => {
    const file = join(folder, `plain-${isSync}`)
    const destination = createLogDestination(openSync(file, 'a'), { isSync })
    const lines = Array.from({ length: 2_000 }, (__, n) => `line ${n}\n`)
    for (const line of lines) destination.write(line)
    await until(() => readFileSync(file, 'utf8').length >= lines.join('').length)
    expect(readFileSync(file, 'utf8')).toBe(lines.join(''))
    expect(destination.lost()).toBe(0)
  })

  it('are lost and counted if the disk is full, and nothing is thrown', async () => {
    const destination = createLogDestination(openSync('/dev/full', constants.O_WRONLY), { isSync })
    for (let n = 0; n < 100; n++) destination.write(`${'x'.repeat(100)}\n`)
    await until(() => destination.lost() === 100)
    expect(destination.failure()).toBe('ENOSPC')
  })

  it('are lost and counted if nobody reads the pipe any more', async () => {
    const path = join(folder, `closed-${isSync}`)
    execFileSync('mkfifo', [path])
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const destination = createLogDestination(openSync(path, 'w'), { isSync })
    closeSync(reader)
    destination.write('a\nb\n')
    await until(() => destination.lost() === 2)
    expect(destination.failure()).toBe('EPIPE')
  })

  it('wait for a pipe whose reader sleeps, up to a megabyte, and say what was lost once it reads', async () => {
    const path = join(folder, `asleep-${isSync}`)
    execFileSync('mkfifo', [path])
    const reader = openSync(path, constants.O_RDWR | constants.O_NONBLOCK)
    const recovered: number[] = []
    const destination = createLogDestination(openSync(path, 'w'), {
      isSync,
      onRecovered: (lost) => void recovered.push(lost),
    })
    const line = `${'y'.repeat(999)}\n`
    for (let n = 0; n < 3_000; n++) destination.write(line)
    expect(destination.lost()).toBeGreaterThan(1_500)
    expect(destination.failure()).toBe('EAGAIN')

    const bytes = Buffer.alloc(1_000_000)
    let read = ''
    const drain = (): void => {
      try {
        read += bytes.toString('latin1', 0, readSync(reader, bytes))
      } catch {
        // Empty for now.
      }
    }
    await until(() => (drain(), recovered.length > 0 && read.length % 1_000 === 0))
    await until(() => (drain(), read.length === 1_000 * (3_000 - destination.lost())))
    expect(recovered).toEqual([destination.lost()])
    expect(read.replaceAll(line, '')).toBe('')
    closeSync(reader)
  })
})
