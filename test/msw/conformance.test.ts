import { setupServer } from 'msw/node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openServer, runChecks, serverChecks } from '../../cli/src/conformance/index.js'
import { opsmantik } from '../../testing/src/msw/index.js'

const kit = opsmantik({
  consoleUrl: 'https://console.example/base',
  origins: ['https://shop.example'],
})
const server = setupServer(...kit.handlers)
beforeAll(() => server.listen({ onUnhandledRequest: 'error' }))
afterAll(() => server.close())

// Some checks wait for seconds: for a clock, for a limit.
const TIMEOUT_MS = 180_000
/** Longer than the kit's own: other tests use the same machine. */
const CHECK_LIMIT_MS = 90_000

test(
  'the handlers keep the contract: every check of the kit that needs no socket passes',
  { timeout: TIMEOUT_MS },
  async () => {
    const targetFor = await openServer({
      url: kit.consoleUrl,
      origin: 'https://shop.example',
      siteId: kit.siteId,
      secret: kit.secret,
    })
    const results = await runChecks(serverChecks, targetFor, { limit: CHECK_LIMIT_MS })
    const rest = (verdict: string) =>
      results
        .filter((result) => result.verdict === verdict)
        .map(({ id, reason }) => `${id}: ${reason}`)
    expect([...rest('failed'), ...rest('broken')]).toEqual([])
    // One site with one secret, which signs; no socket: neither a live feed nor bytes written by hand; and no process
    // that could be restarted or asked for its rows.
    const impossible =
      /second site|next secret|--(live|site)-token-env|WebSocket|--peer-url|socket of Node|--(slow|re\w+-command)|not disabled/
    expect(rest('unseen').filter((line) => !impossible.test(line))).toEqual([])
    expect(rest('passed').length).toBeGreaterThan(100)
  },
)
