import type { Code } from '@opsmantik/tracker/contract'
import { refuse } from '../http/refuse.js'
import { replyJson } from '../http/reply.js'
import { siteHint } from '../live/hints.js'
import { ofSite } from '../reading/of-site.js'
import { PRIVATE } from '../reading/recorded-calls.js'
import type { Sighting } from '../store/sighting.js'
import type { Step } from '../steps/step.js'
import type { World } from '../world.js'
import { lightsOf } from './lights.js'
import { sightingsOf } from './sightings-of.js'

/** A path of the console; not part of the contract. */
export const CONSOLE_SETUP = '/api/calls/setup'

const MAX_SEEN = 50

/** Tells what was seen of one site: its four lights, and the requests behind them. */
export const consoleSetup = (world: World): Step =>
  ofSite(world, 'Setup', async (context, parameters, siteId) => {
    if (siteId === null)
      return refuse(context, 'INVALID_QUERY', {
        issues: [{ path: 'site', message: 'this token opens several sites: name one' }],
      })
    const { store, origins } = world
    await Promise.all([sightingsOf(world).write(), origins.pending])
    const [sites, seen, elsewhere, page] = await Promise.all([
      store.sites(siteId),
      store.readSightings(siteId),
      // A token of one site must not see what may be another's.
      context.opened!.siteId === null ? store.readSightings(null) : [],
      store.readCalls({
        siteId,
        from: null,
        to: null,
        action: null,
        isMatched: null,
        search: null,
        hasGoogleClick: false,
        withMarked: true,
        after: null,
        limit: 1,
      }),
    ])
    const asked = parameters.get('origin') || null
    // Who may see everything is also shown what the named origin did, whose site is not known.
    const all = [...seen, ...elsewhere.filter(({ origin }) => origin === asked)].toSorted(
      (a, b) => b.lastAt - a.lastAt,
    )
    const lastPress = page.calls[0]?.recordedUs
    return replyJson(
      context,
      200,
      {
        site_id: siteId,
        public_id: sites[0]?.publicId ?? null,
        name: sites[0]?.name ?? null,
        origins: origins.namedBy(siteId),
        origin_allowed:
          asked === null ? null : origins.allows(asked) && origins.allowsFor(siteId, asked),
        signing_disabled: world.signingDisabled,
        lights: lightsOf(all, lastPress === undefined ? null : Math.floor(lastPress / 1000)),
        seen: all.slice(0, MAX_SEEN).map(sightingJson),
        elsewhere: elsewhere.slice(0, MAX_SEEN).map(sightingJson),
        request_id: context.requestId,
      },
      PRIVATE,
    )
  })

const sightingJson = (one: Sighting) => ({
  kind: one.kind,
  endpoint: one.endpoint,
  code: one.code || null,
  status: one.status,
  origin: one.origin || null,
  proxy_host: one.proxyHost || null,
  is_verified: one.isVerified,
  count: one.count,
  first_at: one.firstAt,
  at: one.lastAt,
  hint: one.code === '' ? null : siteHint(one.code as Code, one.origin),
})
