import { execFile, spawn } from 'node:child_process'
import { promisify } from 'node:util'

/**
 * Returns an environment without the variables of the tests: vitest's NODE_ENV, for example, makes Next.js build
 * something else.
 */
export const surroundings = (more: Record<string, string> = {}): NodeJS.ProcessEnv => ({
  PATH: process.env['PATH'],
  HOME: process.env['HOME'],
  NEXT_TELEMETRY_DISABLED: '1',
  WRANGLER_SEND_METRICS: 'false',
  DO_NOT_TRACK: '1',
  ...more,
})

const said = (error: unknown): string => {
  const { message, stdout, stderr } = error as Error & { stdout?: string; stderr?: string }
  return [message, stdout, stderr].filter(Boolean).join('\n').slice(-4_000)
}

/** Runs a command to its end. */
export const run = async (
  command: string,
  args: string[],
  cwd: string,
  env: Record<string, string> = {},
  limit = 150_000,
): Promise<string> => {
  try {
    const { stdout } = await promisify(execFile)(command, args, {
      cwd,
      env: surroundings(env),
      timeout: limit,
      maxBuffer: 1e8,
    })
    return stdout
  } catch (error) {
    throw new Error(`${command} ${args.join(' ')} in ${cwd}\n${said(error)}`, { cause: error })
  }
}

export interface Running {
  /** Ends the process and its children. */
  stop(): Promise<void>
}

/** Starts a command and waits until `ready` says so. */
export const start = async (
  command: string,
  args: string[],
  cwd: string,
  env: Record<string, string>,
  ready: (stdout: string) => boolean | Promise<boolean>,
  limit = 60_000,
): Promise<Running> => {
  // A separate process group, because npm's child has a child.
  const child = spawn(command, args, {
    cwd,
    env: surroundings(env),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  let ended = false
  const end = (signal: NodeJS.Signals): void => {
    try {
      if (child.pid && !ended) process.kill(-child.pid, signal)
    } catch {
      // It has ended.
    }
  }
  const abandon = (): void => end('SIGKILL')
  process.once('exit', abandon)
  let stdout = ''
  let all = ''
  child.stdout.on('data', (text) => ((stdout += String(text)), (all += String(text))))
  child.stderr.on('data', (text) => (all += String(text)))
  const closed = new Promise<void>((resolve) => {
    child.once('error', (error) => ((all += error.message), resolve()))
    child.once('close', () => resolve())
  }).then(() => {
    ended = true
    process.removeListener('exit', abandon)
  })
  const stop = async (): Promise<void> => {
    end('SIGTERM')
    const impatient = setTimeout(abandon, 12_000)
    await closed
    clearTimeout(impatient)
  }
  const began = Date.now()
  while (!(await ready(stdout))) {
    if (ended || Date.now() - began > limit) {
      await stop()
      throw new Error(`${command} ${args.join(' ')} in ${cwd} was not ready\n${all.slice(-4_000)}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return { stop }
}

/** Returns true if a server responds there. */
export const answers = (url: string) => (): Promise<boolean> =>
  fetch(url, { redirect: 'manual' }).then(
    async (response) => {
      await response.arrayBuffer()
      return true
    },
    () => false,
  )
