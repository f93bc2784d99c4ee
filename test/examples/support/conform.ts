import {
  openProxy,
  proxyChecks,
  runChecks,
  type Result,
} from '../../../cli/src/conformance/index.js'
import { playConsole } from '../../../cli/src/conformance/node/console.js'

export const SITE_ID = '0123456789abcdef0123456789abcdef'
export const SECRET = 'a-secret-of-24-characters'

/** The settings that an example gets for its site. */
export interface ExampleSettings extends Record<string, string> {
  OPS_SITE_ID: string
  OPS_SECRET: string
  OPS_CONSOLE_URL: string
  OPS_ORIGINS: string
}

/** An origin that the example allows besides its own. */
const FURTHER = 'https://m.shop.example'

/** Runs the kit on a proxy, which is started with the settings that it needs. */
export const conform = async (
  open: (settings: ExampleSettings) => Promise<{ url: string; stop: () => Promise<unknown> }>,
): Promise<Result[]> => {
  const console = await playConsole()
  try {
    const proxy = await open({
      OPS_SITE_ID: SITE_ID,
      OPS_SECRET: SECRET,
      OPS_CONSOLE_URL: console.url,
      OPS_ORIGINS: FURTHER,
    })
    try {
      const url = `${proxy.url}/ops/call-event`
      return await runChecks(
        proxyChecks,
        openProxy({ url, siteId: SITE_ID, secret: SECRET, furtherOrigin: FURTHER, console }),
      )
    } finally {
      await proxy.stop()
    }
  } finally {
    await console.close()
  }
}
