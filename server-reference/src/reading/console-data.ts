import { refuse } from '../http/refuse.js'
import { replyJson } from '../http/reply.js'
import type { Step } from '../steps/step.js'
import type { World } from '../world.js'
import { callJson } from './call-json.js'
import { cursorOf } from './read-query.js'
import { PRIVATE } from './recorded-calls.js'
import { ofSite } from './of-site.js'

/** Paths that the console reads besides `CALLS`; not part of the contract. */
export const CONSOLE_SITES = '/api/calls/sites'
export const CONSOLE_SUMMARY = '/api/calls/summary'
export const CONSOLE_STORY = '/api/calls/story'

/** Periods in one summary. */
const MAX_BOUNDS = 100
/** Milliseconds for which drops that trackers reported are shown. */
const DROPS_MS = 30 * 86_400_000

/** Returns the sites that the token opens, the events that trackers dropped there, and how long calls are kept. */
export const consoleSites = (world: World): Step =>
  ofSite(world, 'Sites', async (context, _, siteId) => {
    const [sites, drops] = await Promise.all([
      world.store.sites(siteId),
      world.store.countDrops(siteId, world.now() - DROPS_MS),
    ])
    return replyJson(
      context,
      200,
      {
        sites: sites.map(({ id, publicId, name }) => ({ site_id: id, public_id: publicId, name })),
        drops: drops.map((drop) => ({
          site_id: drop.siteId,
          reason: drop.reason,
          count: drop.count,
        })),
        retention_days: world.retentionDays ?? null,
        request_id: context.requestId,
      },
      PRIVATE,
    )
  })

/** Counts by period and kind, and of the current period by page, campaign and site. */
export const consoleSummary = (world: World): Step =>
  ofSite(world, 'Summary', async (context, parameters, siteId) => {
    const bounds = (parameters.get('at') ?? '').split(',').map(Number)
    const from = Number(parameters.get('from') ?? NaN)
    const isGood =
      bounds.length >= 2 &&
      bounds.length <= MAX_BOUNDS &&
      [...bounds, from].every((at) => Number.isSafeInteger(at) && at >= 0 && at < 1e14) &&
      bounds.every((at, index) => index === 0 || at > bounds[index - 1]!)
    if (!isGood)
      return refuse(context, 'INVALID_QUERY', {
        issues: [{ path: 'at', message: `2 to ${MAX_BOUNDS} ascending times, and from` }],
      })
    const counts = await world.store.summariseCalls({ siteId, bounds, from })
    return replyJson(context, 200, { counts, request_id: context.requestId }, PRIVATE)
  })

/** Serves a call with its visitor's history. */
export const consoleStory = (world: World): Step =>
  ofSite(world, 'Story', async (context, parameters, siteId) => {
    const cursor = cursorOf(parameters.get('call') ?? '')
    if (cursor === null)
      return refuse(context, 'INVALID_QUERY', {
        issues: [{ path: 'call', message: 'the time of a press and the id of its call' }],
      })
    const story = await world.store.readStory(siteId, cursor)
    if (story === null) return refuse(context, 'NOT_FOUND')
    const { call, visits, others } = story
    return replyJson(
      context,
      200,
      {
        call: callJson(call),
        visits: visits.map((visit) => ({
          session_id: visit.sessionId,
          entry_url: visit.entryUrl,
          referrer: visit.referrer,
          first_seen: Math.floor(visit.firstSeen),
          last_seen: Math.floor(visit.lastSeen),
          pages: visit.pages,
        })),
        others: others.map(callJson),
        request_id: context.requestId,
      },
      PRIVATE,
    )
  })
