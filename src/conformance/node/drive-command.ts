import { spawn } from 'node:child_process'
import type { Drive } from './played-server.js'

/** Starts a command for each scenario, told by its environment where to send, and ends it when the scenario is over. */
export const driveCommand =
  (command: string): Drive =>
  async ({ consoleUrl, proxyUrl, siteId, secret, mode }) => {
    const child = spawn(command, {
      shell: true,
      // A group of its own: the shell's children end with it.
      detached: true,
      stdio: ['ignore', 'ignore', 'inherit'],
      env: {
        ...process.env,
        OPS_MODE: mode,
        OPS_SITE_ID: siteId,
        ...(mode === 'signed'
          ? { OPS_CONSOLE_URL: consoleUrl, OPS_SECRET: secret }
          : { OPS_PROXY_URL: proxyUrl }),
      },
    })
    const ended = new Promise<void>((resolve) => {
      child.on('close', () => resolve())
      child.on('error', () => resolve())
    })
    return async () => {
      try {
        process.kill(-child.pid!, 'SIGKILL')
      } catch {
        // It has ended by itself.
      }
      await ended
    }
  }
