import { REQUEST_TIMEOUT } from './device.js'
import type { Intent } from './intent.js'
import type { Ledger, Violation } from './ledger.js'
import type { Page } from './page.js'

/** A clock that was set back by more than anything can be asked for frees what waits. */
const LONGEST_WAIT = 86_400_000 + 12_000
/** Contract section 13: at most this far apart; and what one tab needs for the events before it. */
const RETRY_MAX = 600_000
const SLACK = 90_000
/** From taking a lease to sending under it, where nothing stops the page. */
const LEASING_MAX = 2_000
/** Deliveries that full jitter and the rarest luck explain. */
const TRIES_MAX = 60

type Fault = Pick<Violation, 'kind' | 'text'>

/** Looks at a request that is about to start, and binds those after it. */
export const findTimingFault = (ledger: Ledger, intent: Intent, page: Page): Fault | undefined => {
  const { now } = ledger.sim.clock
  const wall = page.wall()
  const early = intent.notBefore - wall
  // A clock that was set after a lease was taken and before it was used misleads everybody.
  const isSteady = now - page.device.lastJump > LEASING_MAX && page.device.isSound
  const isEarly = intent.clean && isSteady && early > 0 && early <= LONGEST_WAIT
  const { why } = intent
  // What a page leased before it was stopped counts from then; it may run out in the middle of its request.
  const isWhole = isSteady && now - page.disturbed > REQUEST_TIMEOUT
  if (isWhole) intent.bind(wall + REQUEST_TIMEOUT, 'lease')
  else intent.clean = false
  if (isEarly) return { kind: 'sent before its time', text: `${early} ms too early (${why})` }

  const last = intent.tries.at(-1)
  if (last && now - last.at < REQUEST_TIMEOUT && last.ended === Infinity && last.page !== page)
    ledger.overlaps++
  const often = intent.tries.length - intent.invited
  if (often >= TRIES_MAX && !intent.troubled)
    return { kind: 'sent too often', text: `${often} times` }

  const since = Math.max(ledger.calmSince, last ? Math.min(last.ended, last.at + 12_000) : 0)
  const waited = wall - Math.max(intent.notBefore, since + page.device.skew)
  if (last && since > page.device.lastJump && waited > RETRY_MAX + SLACK)
    return { kind: 'sent too late', text: `after ${Math.round(waited / 1_000)} s` }
  return undefined
}
