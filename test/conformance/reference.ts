import { createApp, type World } from '../../server-reference/src/index.js'
import { createWorld } from '../../server-reference/src/testing/world.js'
import { ORIGIN, OTHER_SITE, SITE } from '../../server-reference/src/testing/sign.js'
import { runChecks, type Result, type RunOptions } from '../../cli/src/conformance/run.js'
import { serverChecks } from '../../cli/src/conformance/server/index.js'
import { openServer, type ServerOptions } from '../../cli/src/conformance/server/server.js'

export const URL_OF_APP = 'https://console.example'

/** Longer than the kit's own: other tests use the same machine. */
const CHECK_LIMIT_MS = 90_000

export type Ask = (request: Request) => Response | Promise<Response>

/** The kit's options for the reference server's test world. */
export const knows: ServerOptions = {
  url: URL_OF_APP,
  origin: ORIGIN,
  siteId: SITE.publicId,
  secret: SITE.secret,
  otherSiteId: OTHER_SITE.id,
  otherSecret: OTHER_SITE.secret,
}

export const appOf = (changed: Partial<World> = {}): Ask => {
  const app = createApp(createWorld(changed))
  return (request) => app.fetch(request)
}

/** Runs the kit against a function, as against a server. */
export const runAgainst = async (
  ask: Ask,
  { onOpen, ...options }: RunOptions & { onOpen?: () => void } = {},
  told: Partial<ServerOptions> = {},
): Promise<Result[]> => {
  const targetFor = await openServer({
    ...knows,
    ...told,
    fetch: (async (url: string, init: RequestInit) => ask(new Request(url, init))) as typeof fetch,
  })
  onOpen?.()
  return runChecks(serverChecks, targetFor, {
    wait: async () => {},
    limit: CHECK_LIMIT_MS,
    ...options,
  })
}

export const ids = (results: readonly Result[], verdict: Result['verdict']): string[] =>
  results.filter((result) => result.verdict === verdict).map(({ id }) => id)
