import { REQUEST_TIMEOUT } from './device.js'
import type { SimulatedIntent } from './intent.js'
import type { Ledger, Violation } from './ledger.js'
import type { Page } from './page.js'

/** Longest wait that is respected: a clock that was set back by more frees the waiting events. */
const LONGEST_WAIT = 86_400_000 + 12_000
/** Longest time between two tries (contract section 13), and the time that a tab needs for the events before. */
const RETRY_MAX = 600_000
const SLACK = 90_000
/** Longest time from taking a lease to sending under it, if nothing stops the page. */
const LEASING_MAX = 2_000
/** Most deliveries that full jitter explains, even with the rarest luck. */
const TRIES_MAX = 60

type Fault = Pick<Violation, 'kind' | 'text'>

/** Looks at a request that is about to start, and binds those after it. */
export const findTimingFault = (
  ledger: Ledger,
  intent: SimulatedIntent,
  page: Page,
): Fault | undefined => {
  const { now } = ledger.sim.clock
  const wall = page.wall()
  const early = intent.notBefore - wall
  // A clock that was set after a lease was taken and before it was used misleads every page.
  const isSteady = now - page.device.lastJump > LEASING_MAX && page.device.isSound
  const isEarly = intent.clean && isSteady && early > 0 && early <= LONGEST_WAIT
  const { why } = intent
  // A lease that a page took before it was stopped counts from then; it may expire in the middle of the request.
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
