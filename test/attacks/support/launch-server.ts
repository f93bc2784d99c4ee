import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { inject } from 'vitest'

export interface Launched {
  child: ChildProcess
  stdout: () => string
  stderr: () => string
  /** Resolves with the exit code. */
  finished: Promise<number | null>
  /** Resolves with the URL once the server is ready; rejects if it ends before. */
  ready: Promise<string>
  /** Ends the process and waits for that. */
  kill(signal?: NodeJS.Signals): Promise<number | null>
}

interface Options {
  env?: Record<string, string>
  /** The Node program. Default: the one that runs the tests. */
  node?: string
  words?: string[]
  stdio?: StdioOptions
  /** The uid that it runs as, if the tests run as root. */
  uid?: number
}

const READY = /ready: (\S+)\n/

/** Starts the built server's command line. A server that a test does not stop is killed with it. */
export const launchServer = ({
  env = {},
  node = process.execPath,
  words = [],
  stdio = 'pipe',
  uid,
}: Options = {}): Launched => {
  const folder = inject('serverFolder')
  const child = spawn(node, [join(folder, 'dist', 'cli.js'), ...words], {
    cwd: folder,
    env: { PATH: process.env.PATH, PORT: '0', DATA_DIR: 'memory:', ...env },
    stdio,
    ...(uid !== undefined && { uid, gid: uid }),
  })
  let stdout = ''
  let stderr = ''
  child.stderr?.on('data', (text) => (stderr += String(text)))
  const finished = new Promise<number | null>((resolve) => {
    child.on('close', (code) => resolve(code))
  })
  const ready = new Promise<string>((resolve, reject) => {
    child.stdout?.on('data', (text) => {
      stdout += String(text)
      const url = READY.exec(stdout)?.[1]
      if (url !== undefined) resolve(url)
    })
    void finished.then((code) => reject(new Error(`exit ${code}\n${stderr}`)))
  })
  ready.catch(() => {})
  return {
    child,
    stdout: () => stdout,
    stderr: () => stderr,
    finished,
    ready,
    kill: (signal = 'SIGKILL') => {
      child.kill(signal)
      return finished
    },
  }
}

/** Starts the same for one test, at whose end it is killed. */
export const launchForTest = (options?: Options): Launched => {
  const launched = launchServer(options)
  onTestFinished(async () => {
    await launched.kill()
  })
  return launched
}
