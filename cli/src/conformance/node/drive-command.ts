import { spawn } from 'node:child_process'
import type { Scenario } from '../client/client.js'
import type { Drive, Driven } from './played-server.js'

/**
 * Starts a command for each scenario and ends it when the scenario is over. Its environment says where to send and what
 * to record.
 */
export const driveCommand = (command: string): Drive => {
  const drive = async (scenario: Scenario): Promise<Driven> => {
    const { consoleUrl, proxyUrl, siteId, secret, mode, presses, query } = scenario
    const child = spawn(command, {
      shell: true,
      // A group of its own: the shell's children end with it.
      detached: true,
      stdio: ['ignore', 'ignore', 'inherit'],
      env: {
        ...process.env,
        OPS_MODE: mode,
        OPS_SITE_ID: siteId,
        OPS_PRESSES: String(presses),
        OPS_PAGE_QUERY: query,
        ...(mode === 'signed'
          ? { OPS_CONSOLE_URL: consoleUrl, OPS_SECRET: secret }
          : { OPS_PROXY_URL: proxyUrl }),
      },
    })
    const ended = new Promise<void>((resolve) => {
      child.on('close', () => resolve())
      child.on('error', () => resolve())
    })
    return {
      async stop() {
        try {
          process.kill(-child.pid!, 'SIGKILL')
        } catch {
          // It has ended by itself.
        }
        await ended
      },
    }
  }
  return Object.assign(drive, { canReopen: false })
}
