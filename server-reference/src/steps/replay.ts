import { SIGNATURE_HEADER } from '@opsmantik/tracker/contract'
import type { RequestContext, Verdict } from '../http/request-context.js'
import { cacheFor } from '../replay/cache-for.js'
import type { Seen } from '../replay/replay-cache.js'
import { createTurns } from '../replay/turns.js'
import type { Log, World } from '../world.js'
import { contentDigest } from './content-digest.js'
import { noop } from './noop.js'
import type { Step } from './step.js'

const SIGNATURE = SIGNATURE_HEADER.toLowerCase()

/**
 * Creates step 10. Equal events take turns, so a second one waits for the outcome of the first. A key counts as seen
 * only when its row is committed: a first one that failed leaves nothing behind.
 *
 * Without event_id the signature is the key; it is lower-cased, as either case is good. With neither (signing is
 * disabled) nothing tells two events apart, and each is recorded.
 */
export const replay = ({
  replay: cache,
  log,
  sha256,
}: Pick<World, 'replay' | 'log' | 'sha256'>): Step => {
  const takeTurn = createTurns()
  const lookUp = (context: RequestContext, key: string): Verdict | Promise<Verdict> => {
    const seen = cacheFor(cache, context.event!).get(key, context.storeWaitedMs)
    return seen instanceof Promise
      ? seen.then((found) => judge(context, log, key, found))
      : judge(context, log, key, seen)
  }
  return {
    name: 'Replay',
    section: '5.10',
    run: (context) => {
      const event = context.event!
      const { event_id } = event
      context.digest = contentDigest(event)
      if (event_id === undefined && context.signedSite !== undefined)
        context.replayKey = sha256(context.header(SIGNATURE)!.toLowerCase())
      const mark = event_id ?? context.replayKey
      if (mark === null) return undefined

      const key = `${context.siteId}|${mark}`
      const turn = takeTurn(key)
      if (turn instanceof Promise)
        return turn.then((endTurn) => {
          context.endTurn = endTurn
          return lookUp(context, key)
        })
      context.endTurn = turn
      return lookUp(context, key)
    },
    note: (context) => {
      const key =
        context.event!.event_id ?? (context.header(SIGNATURE) ? 'by its signature' : 'by nothing')
      return context.outcome === 'noop' ? `recorded already (${key})` : `not seen before (${key})`
    },
  }
}

const judge = (context: RequestContext, log: Log, key: string, seen: Seen | undefined): Verdict => {
  if (seen !== undefined) return noop(context, log, seen)
  context.seenAs = key
  return undefined
}

/** Sync has no replay cache. */
export const noReplay: Step = {
  name: 'Replay',
  section: '5.10',
  run: () => undefined,
  skipped: () => 'page events have none: the database compares event_id',
}
