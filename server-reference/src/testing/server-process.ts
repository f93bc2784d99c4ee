import { spawn, type ChildProcess } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PACKAGE_ROOT } from '../package-root.js'

const PACKAGE = fileURLToPath(PACKAGE_ROOT)

export interface ExitedProcess {
  code: number | null
  stdout: string
  stderr: string
}

export interface ServerProcess {
  url: string
  stdout: () => string
  stderr: () => string
  kill(signal: NodeJS.Signals): void
  finished: Promise<ExitedProcess>
}

export interface BuiltServer {
  /** A folder of this test's own; data folders go there. */
  folder: string
  start(env?: Record<string, string>): Promise<ServerProcess>
  /** Runs to its end, at most 20 s. */
  run(words: string[], env?: Record<string, string>): Promise<ExitedProcess>
  remove(): void
}

/** Copies the built server into a separate folder, which a new build does not touch, and runs it there. */
export const buildServer = async (): Promise<BuiltServer> => {
  const folder = mkdtempSync(join(tmpdir(), 'opsmantik-server-'))
  const children = new Set<ChildProcess>()
  for (const name of ['dist', 'sql', 'console', 'package.json'])
    cpSync(join(PACKAGE, name), join(folder, name), { recursive: true })
  symlinkSync(join(PACKAGE, '..', 'node_modules'), join(folder, 'node_modules'))

  const launch = (words: string[], env: Record<string, string>) => {
    const child = spawn(process.execPath, [join(folder, 'dist', 'cli.js'), ...words], {
      cwd: folder,
      env: { PATH: process.env.PATH, PORT: '0', DATA_DIR: 'memory:', ...env },
    })
    children.add(child)
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (text) => (stdout += String(text)))
    child.stderr.on('data', (text) => (stderr += String(text)))
    const finished = new Promise<ExitedProcess>((resolve) =>
      child.on('close', (code) => {
        children.delete(child)
        resolve({ code, stdout, stderr })
      }),
    )
    return { child, finished, stdout: () => stdout, stderr: () => stderr }
  }
  return {
    folder,
    start: async (env = {}) => {
      const { child, finished, stdout, stderr } = launch([], env)
      const late = setTimeout(() => child.kill('SIGKILL'), 30_000)
      const url = await new Promise<string>((resolve, reject) => {
        const look = (): void => {
          const ready = /ready: (\S+)\n/.exec(stdout())?.[1]
          if (ready !== undefined) resolve(ready)
        }
        child.stdout.on('data', look)
        void finished.then(({ code }) => reject(new Error(`exit ${code}\n${stderr()}`)))
      }).finally(() => clearTimeout(late))
      return { url, stdout, stderr, kill: (signal) => void child.kill(signal), finished }
    },
    run: async (words, env = {}) => {
      const { child, finished } = launch(words, env)
      const late = setTimeout(() => child.kill('SIGKILL'), 20_000)
      return finished.finally(() => clearTimeout(late))
    },
    remove: () => {
      for (const child of children) child.kill('SIGKILL')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
