import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../../../demo/ports.mjs'
import { readRows, type Row } from '../../support/rows.js'
import { SECRET, SITE_ID } from './conform.js'
import { start, type Running } from './run.js'

export interface InstalledServer {
  url: string
  /** Stops the server and reads what it has recorded from its database. */
  rows(): Promise<Row[]>
  stop(): Promise<void>
}

/** Starts the reference server as npm installs it, with a database in the workspace. */
export const startConsole = async (workspace: string): Promise<InstalledServer> => {
  const port = await freePort(0)
  const data = join(workspace, '.data')
  rmSync(data, { recursive: true, force: true })
  const server: Running = await start(
    join(workspace, 'node_modules/.bin/reference-server'),
    [],
    workspace,
    {
      PORT: String(port),
      DATA_DIR: data,
      SEED_SITES: `${SITE_ID}:${SECRET}`,
      LOG_LEVEL: 'warn',
    },
    (said) => said.includes('OpsMantik reference server ready'),
  )
  return {
    url: `http://127.0.0.1:${port}`,
    stop: server.stop,
    async rows() {
      await server.stop()
      return readRows(join(data, 'postgres'))
    },
  }
}
