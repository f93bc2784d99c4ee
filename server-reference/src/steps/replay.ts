import { hash } from 'node:crypto'
import { SIGNATURE_HEADER } from '@opsmantik/tracker/contract'
import type { Logger } from 'pino'
import type { Step } from '../env.js'
import type { ReplayCache } from '../replay/replay-cache.js'
import { createTurns } from '../replay/turns.js'
import { contentDigest } from './content-digest.js'
import { noop } from './noop.js'

/**
 * Step 10. Equal events take turns, so a second one waits for what becomes of the first. A key counts as seen only
 * when its row is committed: a first one that failed leaves nothing behind.
 *
 * Without event_id the signature is the key; it is lower-cased, as either case is good. With neither (signing is
 * disabled) nothing tells two events apart, and each is recorded.
 */
export const replay = (cache: ReplayCache, log: Logger): Step => {
  const takeTurn = createTurns()
  return async (c) => {
    const event = c.get('event')
    const { event_id } = event
    c.set('digest', contentDigest(event))
    const signature = c.get('signedSite') === undefined ? null : c.req.header(SIGNATURE_HEADER)!
    const replayKey =
      event_id !== undefined || signature === null ? null : hash('sha256', signature.toLowerCase())
    c.set('replayKey', replayKey)
    const mark = event_id ?? replayKey
    if (mark === null) return undefined

    const key = `${c.get('siteId')}|${mark}`
    c.set('endTurn', await takeTurn(key))
    const seen = await cache.get(key)
    if (seen !== undefined) return noop(c, log, seen)
    c.set('seenAs', key)
    return undefined
  }
}

/** After step 11, never before: the row is committed. */
export const remember =
  (cache: ReplayCache): Step =>
  (c) => {
    const key = c.get('seenAs')
    if (key !== undefined) cache.set(key, c.get('recorded'))
    return undefined
  }
