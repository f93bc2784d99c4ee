import type { AddressInfo } from 'node:net'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readConfig } from '../../../server-reference/src/config/config.js'
import { createLogger } from '../../../server-reference/src/logger.js'
import { OriginPolicy } from '../../../server-reference/src/config/origins.js'
import { createApp } from '../../../server-reference/src/app.js'
import { createHttpServer } from '../../../server-reference/src/http/server.js'
import { Readers } from '../../../server-reference/src/live/readers.js'
import { acceptReaders } from '../../../server-reference/src/live/upgrade.js'
import { createWorld } from '../../../server-reference/src/testing/world.js'
import type { World } from '../../../server-reference/src/world.js'
import { startServer } from '../../../server-reference/src/start.js'

export const SITE = 'abcdefabcdefabcdefabcdefabcdefab'
const SITE_UUID = '77777777-2222-4333-8444-555555555555'
export const SECRET = 'the-secret-of-these-tests-1'
export const LIVE_TOKEN = 'the-live-token-of-these-tests'
export const ORIGIN = 'https://www.customer.example'

export interface TestServer {
  url: string
  stop(): Promise<void>
}

/** Starts the reference server with its embedded database in a separate folder. */
export const startReference = async (env: Record<string, string> = {}): Promise<TestServer> => {
  const folder = await mkdtemp(join(tmpdir(), 'opsmantik-doctor-'))
  const config = readConfig({
    PORT: '0',
    DATA_DIR: join(folder, 'data'),
    SEED_SITES: `${SITE}:${SECRET}`,
    ALLOWED_ORIGINS: ORIGIN,
    LIVE_TOKEN,
    ...env,
  })
  const server = await startServer(config, createLogger('silent', true))
  return {
    url: server.url,
    stop: async () => {
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/**
 * Starts the reference server with its real configuration and a store in memory, because an embedded database takes
 * seconds to start. `changed` replaces parts that no variable can, such as the clock.
 */
export const startInMemory = async (
  env: Record<string, string> = {},
  changed: Partial<World> = {},
): Promise<TestServer & { recorded: () => number }> => {
  const config = readConfig({ ALLOWED_ORIGINS: ORIGIN, LIVE_TOKEN, ...env })
  const site = { id: SITE_UUID, publicId: SITE, secrets: [SECRET] }
  const world = createWorld({
    sites: [site],
    origins: new OriginPolicy(config.origins),
    signingDisabled: config.signingDisabled,
    liveToken: config.liveToken,
    ...changed,
  })
  const server = createHttpServer(createApp(world), world.origins)
  const readers = new Readers(world.feed)
  acceptReaders(server, world, readers)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    recorded: () => world.store.memory.calls.length + world.store.memory.syncEvents.length,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise((resolve) => {
        readers.close()
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
