import { attributesOf, withoutComments } from './attributes.js'
import { forbidding, metaPolicies } from './csp.js'
import { setupFinding, type SetupFinding, type SetupFindingId } from './findings.js'

/** A page as a server without a browser reads it. */
export interface ReadPage {
  url: string
  html: string
  /** The values of its `Content-Security-Policy` headers. */
  policies: readonly string[]
}

export interface PageCheck {
  findings: SetupFinding[]
  /** The tag as it is on the page; null if it is not there. */
  tag: {
    /** Absolute address of the script; empty if it cannot be read. */
    src: string
    siteId: string
    /** Absolute address to which presses are sent; empty without a proxy. */
    proxyUrl: string
    waitsForConsent: boolean
  } | null
}

/** Names of the tracker's builds, also with their hash. */
const SCRIPT_FILE = /(?:^|\/)core(?:\.proxy)?(?:\.[\da-f]{16})?(?:\.min)?\.js(?:[?#]|$)/
/** Where optimisers put the address of a script that they hold back. */
const HELD_SRC = [
  'data-src',
  'data-rocket-src',
  'data-litespeed-src',
  'data-cfsrc',
  'data-lazy-src',
]
const RUNNING_TYPE = /^(?:|module|(?:text|application)\/(?:x-)?(?:java|ecma)script)$/i
/** Types and attributes by which an optimiser is known. */
const DELAYERS: [RegExp, string][] = [
  [/rocketlazyloadscript|data-rocket-/i, 'WP Rocket'],
  [/litespeed/i, 'LiteSpeed Cache'],
  [
    /[\da-f]{16,}-(?:text|application|module)|text\/rocketscript|data-cfsrc/i,
    'Cloudflare Rocket Loader',
  ],
  [/flying|data-lazy-src/i, 'Flying Scripts'],
]
const MERGERS: [RegExp, string][] = [
  [/\/cache\/autoptimize\//i, 'Autoptimize'],
  [/\/litespeed\/js\//i, 'LiteSpeed Cache'],
  [/\/cache\/min\//i, 'WP Rocket'],
  [/\/siteground-optimizer-assets\//i, 'SiteGround Optimizer'],
]
const TAG_MANAGER = /googletagmanager\.com\/(?:gtm|ns)\b/i
/** A tag that script makes, such as the one for Google Tag Manager. */
const MADE_TAG = /setAttribute\(\s*['"]data-ops-site-id['"]\s*,\s*['"]([^'"]+)['"]/

const nameOf = (list: [RegExp, string][], text: string): string | undefined =>
  list.find(([pattern]) => pattern.test(text))?.[1]
const absolute = (address: string, page: string): string =>
  address !== '' && URL.canParse(address, page) ? new URL(address, page).href : ''
const plainId = (id: string): string => id.trim().toLowerCase().replaceAll('-', '')

/**
 * Looks for the tag in a page's HTML, and for what keeps it from working: missing attributes, an optimiser, a policy.
 *
 * @param siteIds the site's UUID and public id
 */
export const checkPage = (
  { url: page, html, policies }: ReadPage,
  siteIds: readonly string[],
): PageCheck => {
  const findings: SetupFinding[] = []
  const found = (id: SetupFindingId, values: Record<string, string> = {}): void => {
    findings.push(setupFinding(id, { page, site: siteIds.at(-1) ?? '', ...values }))
  }
  const text = withoutComments(html)
  const tags = (text.match(/<script\b(?:"[^"]*"|'[^']*'|[^>"'])*>/gi) ?? []).map((tag) => ({
    text: tag,
    attributes: attributesOf(tag),
  }))
  const srcOf = ({ attributes }: (typeof tags)[number]): string =>
    attributes.get('src') ??
    HELD_SRC.map((name) => attributes.get(name)).find((one) => one !== undefined) ??
    ''
  const marked = tags.filter(({ attributes }) => attributes.has('data-ops-site-id'))
  const tag =
    marked.find(({ attributes }) =>
      siteIds.some((id) => plainId(id) === plainId(attributes.get('data-ops-site-id')!)),
    ) ??
    marked[0] ??
    tags.find((one) => SCRIPT_FILE.test(srcOf(one)))

  if (tag === undefined) {
    const made = MADE_TAG.exec(text)?.[1]
    if (made !== undefined && siteIds.some((id) => plainId(id) === plainId(made)))
      return {
        findings,
        tag: {
          src: '',
          siteId: made,
          proxyUrl: '',
          waitsForConsent: /data-ops-consent/.test(text),
        },
      }
    const optimizer = nameOf(MERGERS, text)
    if (TAG_MANAGER.test(text)) found('page-tag-in-manager')
    else if (optimizer !== undefined) found('page-tag-merged', { optimizer })
    else found('page-tag-missing')
    return { findings, tag: null }
  }

  const { attributes } = tag
  const get = (name: string): string => attributes.get(name) ?? ''
  const src = absolute(srcOf(tag), page)
  const proxyUrl = absolute(get('data-ops-proxy-url'), page)
  const waitsForConsent = get('data-ops-consent') === 'required'
  const made = { src, siteId: get('data-ops-site-id'), proxyUrl, waitsForConsent }

  if (!attributes.has('data-ops-site-id')) found('page-attributes-stripped')
  else if (!siteIds.some((id) => plainId(id) === plainId(made.siteId)))
    found('page-other-site', { found: made.siteId })
  else if (proxyUrl === '' && get('data-ops-secret') === '') found('page-sends-nowhere')

  const type = get('type').trim()
  if (!RUNNING_TYPE.test(type) || !attributes.has('src')) {
    const optimizer = nameOf(DELAYERS, tag.text)
    if (optimizer === undefined && /^text\/plain$/i.test(type)) found('page-script-waits', { type })
    else found('page-script-delayed', { optimizer: optimizer ?? 'An optimiser' })
  }

  const all = [...policies, ...metaPolicies(html)]
  const element = { nonce: get('nonce'), integrity: get('integrity') }
  const blocking = src === '' ? null : forbidding(all, src, page, element)
  if (blocking !== null)
    found('page-script-blocked', { directive: blocking, source: sourceOf(src, page) })
  const forbidden = proxyUrl === '' ? null : forbidding(all, proxyUrl, page)
  if (forbidden !== null)
    found('page-policy-forbids', { directive: forbidden, target: new URL(proxyUrl).origin })
  if (waitsForConsent) found('consent-not-given')
  return { findings, tag: made }
}

/** Returns what a policy has to name for an address. */
const sourceOf = (address: string, page: string): string => {
  const { origin } = new URL(address)
  return origin === new URL(page).origin ? "'self'" : origin
}
