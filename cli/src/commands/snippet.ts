import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { parseArgs } from 'node:util'
import { signingSecretFrom, siteIdOf, urlOf, Usage } from './usage.js'

export const HELP = `opsmantik snippet --site-id ID (--proxy-url PATH | --console-url URL --secret-env NAME)

Prints the script tag to paste, with the script's integrity hash.

  --site-id ID          UUID or 32-hex public id
  --proxy-url PATH      the first-party proxy, such as /ops/call-event
  --console-url URL     without a proxy: the console
  --secret-env NAME     … and the environment variable with the site's secret. It will stand in the page.
  --sync-url PATH       where page views go; none are sent without it
  --src URL             where the script is served from (default: unpkg.com, this version)
  --intents LIST        what is captured automatically (default: phone whatsapp sms email form; none: only what the page marks)
  --consent             wait for opsmantik.consent(true)
  --gpc-ignore          treat Global Privacy Control as not set
  --debug               explain in the browser's console
  --stub                also the line that keeps calls made before the script has loaded
`

const OPTIONS = {
  'site-id': { type: 'string' },
  'proxy-url': { type: 'string' },
  'console-url': { type: 'string' },
  'secret-env': { type: 'string' },
  'sync-url': { type: 'string' },
  src: { type: 'string' },
  intents: { type: 'string' },
  consent: { type: 'boolean' },
  'gpc-ignore': { type: 'boolean' },
  debug: { type: 'boolean' },
  stub: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

const KNOWN_INTENTS = ['phone', 'whatsapp', 'sms', 'email', 'form', 'none']

const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;')

/** A path on the page's own host, or an http(s) URL. */
const addressOf = (text: string, flag: string): string => {
  if (text.startsWith('/') && !text.startsWith('//')) return text
  return urlOf(text, flag)
}

/** Returns the build that an address names, with or without a hash: its integrity belongs into the tag. */
const buildOf = (src: string | undefined): 'core.js' | 'core.proxy.js' | undefined => {
  const found = /\/core(\.proxy)?(?:\.[\da-f]{16})?\.js(?:[?#]|$)/.exec(src ?? '')
  if (found === null) return undefined
  return found[1] === undefined ? 'core.js' : 'core.proxy.js'
}

/** The pre-load stub (docs/frameworks.md has it, explained). */
const STUB = `<script>window.opsmantik=['intent','page','flush','consent','ignore'].reduce((o,n)=>(o[n]=(...a)=>new Promise(r=>o.q.push([n,a,r])),o),{q:[]})</script>`

/** @returns the exit code */
export const snippet = async (args: string[]): Promise<number> => {
  const { values } = parseArgs({ args, options: OPTIONS })
  if (values.help) {
    process.stdout.write(HELP)
    return 0
  }
  const siteId = siteIdOf(values['site-id'])
  const proxyUrl = values['proxy-url']
  const secret = signingSecretFrom(values['secret-env'])
  if (proxyUrl === undefined && secret === undefined)
    throw new Usage(
      'either --proxy-url, or --console-url and --secret-env: without one of them nothing is sent',
    )
  if (proxyUrl !== undefined && secret !== undefined)
    throw new Usage('with --proxy-url no secret belongs into the page: leave --secret-env out')
  const intents = values.intents?.split(/[\s,]+/).filter(Boolean)
  for (const intent of intents ?? [])
    if (!KNOWN_INTENTS.includes(intent))
      throw new Usage(`--intents knows ${KNOWN_INTENTS.join(', ')}; got ${JSON.stringify(intent)}`)

  const src = values.src === undefined ? undefined : addressOf(values.src, '--src')
  const isSmallEnough = proxyUrl !== undefined && values['sync-url'] === undefined
  const file = buildOf(src) ?? (isSmallEnough ? 'core.proxy.js' : 'core.js')
  if (file === 'core.proxy.js' && !isSmallEnough)
    throw new Usage('core.proxy.js has neither signing nor page views: --src has to name core.js')
  const { resolve } = createRequire(import.meta.url)
  const script = readFileSync(resolve(`@opsmantik/tracker/${file}`))
  const { version } = JSON.parse(readFileSync(resolve('@opsmantik/tracker/package.json'), 'utf8'))
  const integrity = 'sha384-' + createHash('sha384').update(script).digest('base64')
  const attributes: [string, string | boolean | undefined][] = [
    ['src', src ?? `https://unpkg.com/@opsmantik/tracker@${version}/dist/${file}`],
    ['integrity', integrity],
    ['crossorigin', 'anonymous'],
    ['async', true],
    ['data-ops-site-id', siteId],
    ['data-ops-proxy-url', proxyUrl && addressOf(proxyUrl, '--proxy-url')],
    ['data-ops-console-url', proxyUrl ? undefined : urlOf(values['console-url'], '--console-url')],
    ['data-ops-secret', secret],
    ['data-ops-sync-url', values['sync-url'] && addressOf(values['sync-url'], '--sync-url')],
    ['data-ops-intents', intents?.join(' ')],
    ['data-ops-consent', values.consent ? 'required' : undefined],
    ['data-ops-gpc', values['gpc-ignore'] ? 'ignore' : undefined],
    ['data-ops-debug', values.debug],
  ]
  const written = attributes
    .filter(([, value]) => value !== undefined && value !== false)
    .map(([name, value]) => (value === true ? `  ${name}` : `  ${name}="${escape(String(value))}"`))
  process.stdout.write(
    `${values.stub ? STUB + '\n' : ''}<script\n${written.join('\n')}\n></script>\n`,
  )
  return 0
}
