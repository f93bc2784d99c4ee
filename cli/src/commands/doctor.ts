import { parseArgs } from 'node:util'
import { diagnose, formatDiagnosis } from '../doctor/index.js'
import { printableJson } from '../probe/printable.js'
import { Usage } from './usage.js'

export const HELP = `opsmantik doctor <console-url> --origin https://www.customer.com

Why do a customer's events not arrive? Ten seconds, nothing recorded, no secret shown.

  --origin URL            the customer's page, as the browser's address bar has it: scheme and host
  --proxy-url URL|PATH    its first-party proxy, such as /ops/call-event
  --site-id ID            looks through that proxy to the server behind it
  --secret-env NAME       the environment variable that holds the site's secret: proves it
  --live-token-env NAME   … the live feed's token
  --old-origin URL        an origin that the page had before; may be given more than once
  --json                  for programs

Exit code: 0 nothing is wrong (there may be warnings), 1 something is, 2 an argument cannot be used.
docs/runbooks/ has a page for each kind of incident.
`

const OPTIONS = {
  origin: { type: 'string' },
  'proxy-url': { type: 'string' },
  'site-id': { type: 'string' },
  'secret-env': { type: 'string' },
  'live-token-env': { type: 'string' },
  'old-origin': { type: 'string', multiple: true },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

/** @returns the exit code */
export const doctor = async (args: string[]): Promise<number> => {
  const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true })
  if (values.help) {
    process.stdout.write(HELP)
    return 0
  }
  const [consoleUrl, ...more] = positionals
  if (consoleUrl === undefined) throw new Usage('the console’s URL is missing')
  if (more.length > 0) throw new Usage(`only one URL is looked at; ${more.join(' ')} is too many`)
  if (values.origin === undefined)
    throw new Usage('--origin is missing: the customer’s page, such as https://www.customer.com')
  const diagnosis = await diagnose({
    consoleUrl,
    origin: values.origin,
    oldOrigins: values['old-origin'],
    proxyUrl: values['proxy-url'],
    siteId: values['site-id'],
    secretEnv: values['secret-env'],
    liveTokenEnv: values['live-token-env'],
  })
  process.stdout.write(
    values.json
      ? printableJson(diagnosis) + '\n'
      : formatDiagnosis(diagnosis, { color: process.stdout.isTTY === true }),
  )
  return diagnosis.exitCode
}
