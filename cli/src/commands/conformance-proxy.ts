import { openProxy, proxyChecks, runChecks } from '../conformance/index.js'
import { playConsole } from '../conformance/node/console.js'
import type { Values } from './conformance-options.js'
import { runOptions, type Ran } from './conformance-ran.js'
import { numberOf, originOf, secretFrom, urlOf, Usage } from './usage.js'

/** Judges a first-party proxy; the kit plays the server behind it. */
export const runProxy = async (url: string | undefined, values: Values): Promise<Ran> => {
  const target = urlOf(url, 'the proxy’s URL')
  const siteId = values['site-id']
  if (!siteId) throw new Usage('--site-id is missing: the site that the proxy serves')
  const port = numberOf(values['listen-port'], '--listen-port') ?? 8799
  const played = await playConsole(port, values['listen-host'])
  try {
    process.stderr.write(
      `The kit plays the console at ${played.url}; the proxy has to have that as its console URL.\n`,
    )
    const targetFor = openProxy({
      url: target,
      siteId,
      console: played,
      syncUrl: values['sync-url'] && urlOf(values['sync-url'], '--sync-url'),
      origin: originOf(values.origin),
      furtherOrigin: originOf(values['further-origin'], '--further-origin'),
      secret: secretFrom(values['secret-env'], '--secret-env'),
    })
    return { target, results: await runChecks(proxyChecks, targetFor, runOptions(values)) }
  } finally {
    await played.close()
  }
}
