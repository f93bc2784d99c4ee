import { clientChecks, runChecks } from '../conformance/index.js'
import { driveBrowser } from '../conformance/node/drive-browser.js'
import { driveCommand } from '../conformance/node/drive-command.js'
import { playServer } from '../conformance/node/played-server.js'
import type { Values } from './conformance-options.js'
import { runOptions, type Ran } from './conformance-ran.js'
import { numberOf, Usage } from './usage.js'

/** Judges a tracker; the kit plays a server that fails. */
export const runClient = async (values: Values): Promise<Ran> => {
  const { command, script, mode = 'proxy' } = values
  if (mode !== 'proxy' && mode !== 'signed')
    throw new Usage(`--mode should be signed or proxy, got ${JSON.stringify(mode)}`)
  if (!command === !script) throw new Usage('either --command or --script has to say what is tried')
  const port = numberOf(values['listen-port'], '--listen-port') ?? 8798
  const browser = script ? await driveBrowser(script) : undefined
  const played = await playServer(mode, browser ? browser.drive : driveCommand(command!), {
    port,
    pages: browser?.pages,
  })
  try {
    if (browser) {
      process.stderr.write(`Open ${played.url}/ in the browser that is to be tried.\n`)
      await browser.opened
    }
    const results = await runChecks(clientChecks, () => played.client, {
      // Four of them do nothing but wait for more than a minute.
      ...runOptions(values, browser ? 7 : 10),
      limit: 200_000,
    })
    return { target: command ?? script!, results }
  } finally {
    await played.close()
  }
}
