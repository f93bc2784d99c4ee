import { parseOrigins } from '@opsmantik/reference-server/memory'
import { SECRET_MIN_LENGTH, SITE_ID } from '@opsmantik/tracker/contract'
import type { OpsmantikOptions } from './options.js'

export interface MswSettings {
  consoleUrl: string
  proxyUrl: string
  syncUrl: string | undefined
  siteId: string
  secret: string
  /** Undefined: the page's own, and the console's. */
  origins: ReturnType<typeof parseOrigins>['entries'] | undefined
}

const wrong = (option: string, expected: string, given: unknown): TypeError =>
  new TypeError(`opsmantik: ${option} must be ${expected}, got ${JSON.stringify(given)}`)

/** @throws TypeError that names the option */
export const readSettings = ({
  consoleUrl = 'https://console.example',
  proxyUrl = '/ops/call-event',
  syncUrl,
  siteId = '0123456789abcdef0123456789abcdef',
  secret = 'a-secret-of-the-msw-kit',
  origins,
}: OpsmantikOptions): MswSettings => {
  if (!/^https?:\/\/[^/?#]/.test(consoleUrl) || !URL.canParse(consoleUrl))
    throw wrong('consoleUrl', 'an http(s) URL such as https://console.example', consoleUrl)
  for (const [name, url] of Object.entries({ proxyUrl, syncUrl }))
    if (url !== undefined && !/^(https?:\/)?\/[^/?#]+[^?#]*$/.test(url))
      throw wrong(name, 'a path such as /ops/call-event, or an http(s) URL', url)
  if (!SITE_ID.test(siteId)) throw wrong('siteId', 'a UUID or 32 hex digits', siteId)
  // The server counts characters, the proxy UTF-16 units; a secret that satisfies one should satisfy the other.
  if ([...secret].length < SECRET_MIN_LENGTH)
    throw new TypeError(`opsmantik: secret must have at least ${SECRET_MIN_LENGTH} characters`)
  const { entries, problems } = parseOrigins((origins ?? []).join(','), false)
  if (problems.length > 0)
    throw new TypeError(
      'opsmantik: ' + problems.map((said) => said.replace('ALLOWED_ORIGINS', 'origins')).join('; '),
    )
  return {
    consoleUrl: new URL(consoleUrl).href.replace(/\/+$/, ''),
    proxyUrl,
    syncUrl,
    siteId,
    secret,
    origins: origins && entries,
  }
}
