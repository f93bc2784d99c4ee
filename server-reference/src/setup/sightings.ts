import {
  canonicalSiteId,
  CALL_EVENT_V1,
  CALL_EVENT_V2,
  PROXY_HEADER,
  PROXY_HOST_HEADER,
  SITE_ID,
  SITE_ID_HEADER,
  SYNC,
} from '@opsmantik/tracker/contract'
import type { OriginPolicy } from '../config/origins.js'
import type { RequestContext } from '../http/request-context.js'
import { proxyHost } from '../limits/proxy-host.js'
import type { NewSighting } from '../store/sighting.js'
import type { Store } from '../store/store.js'
import type { Log } from '../world.js'

/** Milliseconds between a sighting and its row, and between two sightings of a site that works. */
const WRITE_MS = 2_000
const AGAIN_MS = 1_000
/** Sightings that wait for being written; further ones of the next two seconds are dropped. */
const MAX_WAITING = 500
/** Sites whose last success is remembered, so that a site with many calls costs one look in a map for each of them. */
const MAX_REMEMBERED = 10_000
const ORIGIN_MAX = 256

const RECEIVING = new Set<string>([CALL_EVENT_V1, CALL_EVENT_V2, SYNC])
const SCRIPTS = '/assets/core.'
const SITE_HEADER = SITE_ID_HEADER.toLowerCase()
const PROXY = PROXY_HEADER.toLowerCase()
const PROXY_HOST = PROXY_HOST_HEADER.toLowerCase()

/** Remembers what was seen of each site, for its setup page. */
export interface Sightings {
  /** Notes an answered request. Costs no statement. */
  note(context: RequestContext, status: number): void
  /** Writes what waits. Called by whoever reads it, and every two seconds if `start` was called. */
  write(): Promise<void>
  /** Writes by itself from now on. */
  start(): void
  close(): Promise<void>
}

interface Options {
  store: Pick<Store, 'addSightings'>
  origins: OriginPolicy
  log: Log
  now: () => number
}

/**
 * Creates the memory of what was seen. A refused request belongs to the site that it names, or to the sites whose pages
 * have nearly its origin; the store looks for the site, so that a refusal stays as cheap as it is.
 */
export const createSightings = ({ store, origins, log, now }: Options): Sightings => {
  let waiting = new Map<string, NewSighting>()
  const successes = new Map<string, number>()
  let timer: ReturnType<typeof setTimeout> | undefined
  let isRunning = false
  let isFailing = false
  let writing: Promise<void> = Promise.resolve()

  const add = (seen: Omit<NewSighting, 'count' | 'firstAt' | 'lastAt'>): void => {
    const key = JSON.stringify(Object.values(seen))
    const at = now()
    const known = waiting.get(key)
    if (known !== undefined) {
      known.count++
      known.lastAt = at
    } else if (waiting.size < MAX_WAITING) {
      waiting.set(key, { ...seen, count: 1, firstAt: at, lastAt: at })
      if (isRunning && timer === undefined) {
        timer = setTimeout(() => void write(), WRITE_MS)
        timer.unref?.()
      }
    }
  }
  /** Returns true if a success of this site, or of a page's origin, was noted within the last second. */
  const isRecent = (whose: string, path: string): boolean => {
    const key = whose + path
    const at = now()
    const last = successes.get(key)
    if (last !== undefined && at - last < AGAIN_MS && at >= last) return true
    if (successes.size >= MAX_REMEMBERED) successes.clear()
    successes.set(key, at)
    return false
  }
  const noteSuccess = (context: RequestContext, status: number): void => {
    const { path, outcome } = context
    const isPress = outcome === 'matched' || outcome === 'unmatched'
    if (!isPress && outcome !== 'synced') return
    const siteIds = isPress ? [context.siteId!] : new Set(context.siteIds)
    for (const siteId of siteIds)
      if (!isRecent(siteId, path))
        add({
          ...partsOf(context, status),
          kind: isPress ? 'press' : 'page_view',
          siteId,
          claimed: null,
          isVerified: true,
        })
  }
  const noteRefusal = (context: RequestContext, status: number): void => {
    const known = context.siteId ?? context.signedSite ?? null
    const seen = {
      ...partsOf(context, status),
      kind: context.method === 'OPTIONS' ? ('preflight' as const) : ('refused' as const),
      isVerified: context.signedSite !== undefined,
    }
    const claimed = known === null ? claimOf(context) : null
    const near = known === null ? origins.sitesNear(seen.origin) : []
    // A claim counts before the origin; the store knows whether there is such a site.
    if (known !== null || claimed !== null || near.length === 0)
      return add({ ...seen, siteId: known ?? near[0] ?? null, claimed })
    for (const siteId of near) add({ ...seen, siteId, claimed: null })
  }
  /** A script's request names no site: its page's origin does. */
  const noteScript = (context: RequestContext, status: number): void => {
    const origin = context.header('origin') ?? originOf(context.header('referer') ?? '')
    if (origin === '' || isRecent(origin, SCRIPTS)) return
    const near = origins.sitesNear(origin)
    for (const siteId of near.length === 0 ? [null] : near)
      add({
        ...partsOf(context, status),
        kind: 'script',
        endpoint: `${SCRIPTS}js`,
        origin: shown(origin),
        siteId,
        claimed: null,
        isVerified: false,
      })
  }
  const write = (): Promise<void> => {
    clearTimeout(timer)
    timer = undefined
    if (waiting.size === 0) return writing
    const seen = [...waiting.values()]
    waiting = new Map()
    writing = writing
      .then(() => store.addSightings(seen))
      .then(
        () => {
          isFailing = false
        },
        (error: unknown) => {
          if (!isFailing) log.warn({ err: error }, 'what was seen of the sites was not stored')
          isFailing = true
        },
      )
    return writing
  }
  return {
    note: (context, status) => {
      if (RECEIVING.has(context.path)) {
        if (context.refusal === undefined) noteSuccess(context, status)
        else noteRefusal(context, status)
      } else if (context.path.startsWith(SCRIPTS) && status < 400) noteScript(context, status)
    },
    write,
    start: () => {
      isRunning = true
    },
    close: () => {
      isRunning = false
      return write()
    },
  }
}

const partsOf = (
  context: RequestContext,
  status: number,
): Pick<NewSighting, 'endpoint' | 'code' | 'status' | 'origin' | 'proxyHost'> => ({
  endpoint: context.path,
  code: context.refusal ?? '',
  status,
  origin: shown(context.header('origin') ?? ''),
  proxyHost: context.header(PROXY) === '1' ? proxyHost(context.header(PROXY_HOST)) : '',
})

/** Returns an origin as it is stored. Anything that no browser sends is one word, whatever it was. */
const shown = (origin: string): string =>
  origin === '' || origin === 'null' || /^https?:\/\/[^\s/?#@\\,]+$/i.test(origin)
    ? origin.slice(0, ORIGIN_MAX).toLowerCase()
    : 'malformed'

/** Returns the site that a refused request names, in its header or its body. */
const claimOf = (context: RequestContext): string | null => {
  const names = [
    context.header(SITE_HEADER),
    context.event?.site_id,
    context.syncEvents?.[0]?.s,
  ].filter((name) => name !== undefined && SITE_ID.test(name))
  return names.length === 0 ? null : canonicalSiteId(names[0]!)
}

const originOf = (url: string): string => /^https?:\/\/[^\s/?#@\\,]+/i.exec(url)?.[0] ?? ''
