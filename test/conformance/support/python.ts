import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ORIGIN, OTHER_SITE, SITE } from '../../../server-reference/src/testing/sign.js'

export const PYTHON_FOLDER = fileURLToPath(
  new URL('../../../examples/server-python', import.meta.url),
)
export const NEXT_SECRET = 'the-secret-that-comes-next'

/** One change of the source: the text must be there exactly once. */
export type SourceChange = readonly [file: 'server.py' | 'wire.py', from: string, to: string]

export interface PythonServer {
  url: string
  /** Its SQLite file. */
  database: string
  /** Returns its stderr. */
  complaints(): string
  stop(signal?: NodeJS.Signals): Promise<number | null>
  /** Ends it with SIGKILL and starts it again at the same port, on the same file. */
  restart(): Promise<void>
}

/** Changes the source in a copy of the example's folder. @throws Error if a text is not there exactly once */
const changedCopy = (changes: readonly SourceChange[], to: string): void => {
  for (const name of ['server.py', 'wire.py'] as const)
    cpSync(join(PYTHON_FOLDER, name), join(to, name))
  for (const [name, from, into] of changes) {
    const file = join(to, name)
    const parts = readFileSync(file, 'utf8').split(from)
    if (parts.length !== 2)
      throw new Error(`${JSON.stringify(from)} is ${parts.length - 1} times in ${name}, not once`)
    writeFileSync(file, parts.join(into))
  }
}

/** Starts the example, with its source changed if there are changes. */
export const startPython = async (
  changes: readonly SourceChange[] = [],
  env: Record<string, string> = {},
): Promise<PythonServer> => {
  const folder = mkdtempSync(join(tmpdir(), 'opsmantik-python-'))
  const database = join(folder, 'events.sqlite3')
  const source = changes.length > 0 ? folder : PYTHON_FOLDER
  if (changes.length > 0) changedCopy(changes, folder)
  let complaints = ''
  let port = '0'

  const begin = async () => {
    const child = spawn('python3', ['-B', join(source, 'server.py')], {
      env: {
        PATH: process.env['PATH'],
        ALLOWED_ORIGINS: ORIGIN,
        SITES: `${SITE.publicId}:${SITE.secret}:${NEXT_SECRET},${OTHER_SITE.publicId}:${OTHER_SITE.secret}`,
        DATABASE: database,
        PORT: port,
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    child.stderr.on('data', (chunk: Buffer) => (complaints += chunk))
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
    const url = await new Promise<string>((resolve, reject) => {
      let said = ''
      child.stdout.on('data', (chunk: Buffer) => {
        said += chunk
        const found = /ready at (\S+)\n/.exec(said)
        if (found) resolve(found[1]!)
      })
      child.once('error', reject)
      void ended.then((code) => reject(new Error(`it ended with ${code}: ${complaints}`)))
    })
    port = new URL(url).port
    return { child, ended, url }
  }

  let running = await begin()
  return {
    url: running.url,
    database,
    complaints: () => complaints,
    async stop(signal = 'SIGKILL') {
      running.child.kill(signal)
      const code = await running.ended
      rmSync(folder, { recursive: true, force: true })
      return code
    },
    async restart() {
      running.child.kill('SIGKILL')
      await running.ended
      running = await begin()
    },
  }
}
