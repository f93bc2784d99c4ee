import { hint, OriginPolicy } from '@opsmantik/reference-server/memory'
import type { Code } from '@opsmantik/tracker/contract'
import type { MswSettings } from './settings.js'
import type { Asked } from './request.js'
import type { Conditions } from './scenarios.js'

/** Returns the scenario that caused a refusal, if there is one. */
const scenario = (
  code: Code,
  { blocked, refusing, limited, down }: Conditions,
): string | undefined =>
  blocked && code === 'ORIGIN_NOT_ALLOWED'
    ? 'originBlocked'
    : refusing() === code
      ? 'refusing'
      : code === 'RATE_LIMITED' && limited() !== undefined
        ? 'rateLimited'
        : code.endsWith('_UNAVAILABLE') && down() !== undefined
          ? 'down'
          : undefined

/**
 * Returns the cause and the remedy of a refusal in a test that uses the kit; if the kit makes no difference, the
 * server's own hint.
 */
export const hintFor = (
  code: Code,
  { url, origin }: Asked,
  conditions: Conditions,
  { siteId, consoleUrl }: MswSettings,
): string => {
  const name = scenario(code, conditions)
  if (name !== undefined) return `${name}() asked for it.`
  const said = hint(code, origin ?? undefined, new OriginPolicy([]))
  switch (code) {
    case 'ORIGIN_NOT_ALLOWED':
      if (origin === 'null') return said
      return url.startsWith(consoleUrl + '/')
        ? `The kit does not allow ${origin}; it would with opsmantik({ origins: [${JSON.stringify(origin)}] }).`
        : `The proxy at ${url} takes what comes from its own origin, and the page is at ${origin}. Use a relative proxyUrl, or give the test's page that origin.`
    case 'INVALID_SITE_ID':
    case 'SIGNATURE_INVALID':
      return `${said} The kit knows one site, ${siteId}: give the tracker kit.siteId and kit.secret, or opsmantik() the tracker's.`
    default:
      return said
  }
}
