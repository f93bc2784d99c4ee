import { spawn } from 'node:child_process'

/** Bytes of a command's output that are read. */
const OUTPUT_MAX_BYTES = 16_777_216

/**
 * Runs a command in a shell and returns what it wrote to stdout. A process that it starts may go on and hold stdout and
 * stderr open: the command has ended when its shell has.
 *
 * @throws Error if it ends with another code than 0, or not in time
 */
export const runCommand = (
  command: string,
  env: Record<string, string>,
  limitMs: number,
): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, {
      shell: true,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let stdout = ''
    let stderr = ''
    const end = (): void => {
      clearTimeout(timer)
      child.stdout.destroy()
      child.stderr.destroy()
    }
    const timer = setTimeout(() => {
      end()
      child.kill('SIGKILL')
      reject(new Error(`the command ${command} did not end within ${limitMs / 1_000} s`))
    }, limitMs)
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (stdout.length < OUTPUT_MAX_BYTES) stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (stderr.length < 4_000) stderr += text
    })
    child.once('error', reject)
    child.once('exit', (code) => {
      // Its last output may still be in the pipe.
      setTimeout(() => {
        end()
        if (code === 0) resolve(stdout)
        else reject(new Error(`the command ${command} ended with ${code}: ${stderr.trim()}`))
      }, 50)
    })
  })
