import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { curl } from '../probe/curl.js'
import {
  CALL_EVENT_V1,
  CALL_EVENT_V2,
  sign as hmac,
  SIGNATURE_HEADER,
  SITE_ID_HEADER,
  TIMESTAMP,
  TIMESTAMP_HEADER,
} from '@opsmantik/tracker/contract'
import { originOf, signingSecretFrom, siteIdOf, urlOf, Usage } from './usage.js'

export const HELP = `opsmantik sign --site-id ID --secret-env NAME [--body TEXT | --body-file FILE | -]

Prints the three signature headers for a body, or with --url the whole request as a line for a shell.

  --site-id ID         UUID or 32-hex public id
  --secret-env NAME    the environment variable that holds the site's secret
  --body TEXT          the body; default: an event with a new event_id
  --body-file FILE     … its exact bytes; - reads standard input
  --ts SECONDS         Unix seconds; default: now
  --url URL            the console's base: prints a curl line instead of the headers
  --v1                 … to /api/call-event, as a browser does; needs --origin
  --origin URL         the page's origin
`

const OPTIONS = {
  'site-id': { type: 'string' },
  'secret-env': { type: 'string' },
  body: { type: 'string' },
  'body-file': { type: 'string' },
  ts: { type: 'string' },
  url: { type: 'string' },
  v1: { type: 'boolean' },
  origin: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

const newEvent = (siteId: string): string =>
  JSON.stringify({
    site_id: siteId,
    fingerprint: 'opsmantik-sign',
    event_id: crypto.randomUUID(),
    intent_action: 'phone',
    intent_target: '+905000000000',
  })

/** @returns the exit code */
export const sign = async (args: string[]): Promise<number> => {
  const { values } = parseArgs({ args, options: OPTIONS })
  if (values.help) {
    process.stdout.write(HELP)
    return 0
  }
  const siteId = siteIdOf(values['site-id'])
  const secret = signingSecretFrom(values['secret-env'])
  if (secret === undefined)
    throw new Usage('--secret-env is missing: the name of the environment variable with the secret')
  const ts = values.ts ?? String(Math.floor(Date.now() / 1000))
  if (!TIMESTAMP.test(ts)) throw new Usage(`--ts should be Unix seconds, got ${JSON.stringify(ts)}`)
  const file = values['body-file']
  const body =
    file === undefined
      ? new TextEncoder().encode(values.body ?? newEvent(siteId))
      : new Uint8Array(readFileSync(file === '-' ? 0 : file))
  const headers = {
    [SITE_ID_HEADER]: siteId,
    [TIMESTAMP_HEADER]: ts,
    [SIGNATURE_HEADER]: await hmac(secret, ts, body),
  }
  if (values.url === undefined) {
    for (const [name, value] of Object.entries(headers)) process.stdout.write(`${name}: ${value}\n`)
    return 0
  }
  const origin = originOf(values.origin)
  if (values.v1 && !origin) throw new Usage('--v1 needs --origin: a browser always sends one')
  process.stdout.write(
    curl({
      method: 'POST',
      url: urlOf(values.url, '--url') + (values.v1 ? CALL_EVENT_V1 : CALL_EVENT_V2),
      headers: {
        'Content-Type': 'application/json',
        ...(origin ? { Origin: origin } : {}),
        ...headers,
      },
      body,
    }) + '\n',
  )
  return 0
}
