import { SETUP_SENTENCES } from '@opsmantik/tracker/setup'
import { accessOf } from '../access/access-of.js'
import { readingRoute } from '../app.js'
import { refuse } from '../http/refuse.js'
import { replyJson } from '../http/reply.js'
import type { RequestContext } from '../http/request-context.js'
import type { Route } from '../http/router.js'
import { ofSite } from '../reading/of-site.js'
import { PRIVATE } from '../reading/recorded-calls.js'
import { tokenStep } from '../reading/token-step.js'
import { addressLimit } from '../steps/client-limit.js'
import type { Step } from '../steps/step.js'
import type { World } from '../world.js'
import { installTexts } from './install-texts.js'
import { checkPageOf } from './page-check.js'

/** Paths of the console; not part of the contract. */
export const CONSOLE_INSTALL = '/api/calls/setup/install'
export const CONSOLE_PAGE_CHECK = '/api/calls/setup/page'

/** Checks of one site within a minute: each sends three requests to an address that the reader chooses. */
const CHECKS_PER_MINUTE = 10
const MINUTE_MS = 60_000
const URL_MAX_LENGTH = 2048

/** Returns the routes of the setup view that read customers' pages, and what to paste there. */
export const setupRoutes = (world: World): Route[] => {
  const limit = addressLimit(world.limiter, world.trustedHops)
  const token = tokenStep(accessOf(world), world.log)
  return [
    readingRoute(CONSOLE_INSTALL, limit, token, install(world)),
    readingRoute(CONSOLE_PAGE_CHECK, limit, token, pageCheck(world)),
  ]
}

const install = (world: World): Step =>
  ofSite(world, 'Install', async (context, parameters, siteId) => {
    const server = httpUrl(parameters.get('server'))
    const site = await siteOf(world, siteId)
    if (site === null || server === null) return invalid(context, site === null ? 'site' : 'server')
    const texts = installTexts(site.publicId, server.origin)
    return replyJson(
      context,
      200,
      { texts, sentences: SETUP_SENTENCES, request_id: context.requestId },
      PRIVATE,
    )
  })

const pageCheck = (world: World): Step => {
  const isAllowed = createCheckLimit(world.now)
  return ofSite(world, 'Page check', async (context, parameters, siteId) => {
    const { readOnce } = world
    if (readOnce === undefined) return refuse(context, 'NOT_FOUND')
    const page = httpUrl(parameters.get('url'))
    const server = httpUrl(parameters.get('server'))
    const site = await siteOf(world, siteId)
    if (site === null || page === null || server === null)
      return invalid(context, site === null ? 'site' : page === null ? 'url' : 'server')
    if (!isAllowed(site.id))
      return refuse(context, 'RATE_LIMITED', { retry_after: 60 }, { 'Retry-After': '60' })
    const checked = await checkPageOf(readOnce, page.href, site, server.origin)
    return replyJson(
      context,
      200,
      {
        page: page.href,
        origin: page.origin,
        findings: checked.findings,
        tag: checked.tag && {
          src: checked.tag.src,
          proxy_url: checked.tag.proxyUrl,
          waits_for_consent: checked.tag.waitsForConsent,
        },
        is_script_there: checked.isScriptThere,
        is_proxy_good: checked.isProxyGood,
        request_id: context.requestId,
      },
      PRIVATE,
    )
  })
}

const siteOf = async (
  world: World,
  siteId: string | null,
): Promise<{ id: string; publicId: string } | null> =>
  siteId === null ? null : ((await world.store.sites(siteId))[0] ?? null)

const invalid = (context: RequestContext, path: string) =>
  refuse(context, 'INVALID_QUERY', {
    issues: [{ path, message: path === 'site' ? 'name one site' : 'an address with http(s)://' }],
  })

/** Reads an address without user info; a fragment is dropped. */
const httpUrl = (text: string | null): URL | null => {
  if (text === null || text.length > URL_MAX_LENGTH || !URL.canParse(text)) return null
  const url = new URL(text)
  url.hash = ''
  return /^https?:$/.test(url.protocol) && url.username === '' && url.password === '' ? url : null
}

const createCheckLimit = (now: () => number): ((siteId: string) => boolean) => {
  let minute = 0
  let counts = new Map<string, number>()
  return (siteId) => {
    const current = Math.floor(now() / MINUTE_MS)
    if (current !== minute) {
      minute = current
      counts = new Map()
    }
    const count = (counts.get(siteId) ?? 0) + 1
    counts.set(siteId, count)
    return count <= CHECKS_PER_MINUTE
  }
}
