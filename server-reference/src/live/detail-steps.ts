import {
  LIVE,
  SIGNATURE,
  SIGNATURE_HEADER,
  SITE_ID,
  SITE_ID_HEADER,
  SYNC,
  TIMESTAMP,
  TIMESTAMP_HEADER,
} from '@opsmantik/tracker/contract'
import type { Ctx } from '../env.js'
import type { LimitKind } from '../limits/limiter.js'
import type { DetailStep } from './detail.js'

/** One step that ran. */
export interface Pass {
  number: number | undefined
  ms: number
  /** It answered, or threw. */
  ended: boolean
}

/** Characters of somebody's header in a note. */
const NOTE_SHOWN = 256

/** Contract section 5. */
const NAMES = [
  'Method and path',
  'Origin',
  'Body size',
  'Content type',
  'Limit per client',
  'Signature',
  'JSON and schema',
  'Site',
  'Limit per site',
  'Replay',
  'Insert',
  'Answer',
]

/** What became of each step, in the contract's order. */
export const stepsOf = (c: Ctx, passes: readonly Pass[], signingDisabled: boolean): DetailStep[] =>
  c.req.path === LIVE ? liveSteps(c, passes) : eventSteps(c, passes, signingDisabled)

const eventSteps = (c: Ctx, passes: readonly Pass[], signingDisabled: boolean): DetailStep[] => {
  const end = passes.at(-1)?.number ?? 1
  const refused = c.get('refusal') !== undefined
  // A preflight is answered before anything else: the other steps do not wait for it.
  const names = c.req.method === 'OPTIONS' ? NAMES.slice(0, 2) : NAMES
  return names.map((name, index) => {
    const number = index + 1
    const ran = passes.filter((pass) => pass.number === number)
    const spent = ran.length > 0 && { ms: ran.reduce((sum, { ms }) => sum + ms, 0) }
    const step = { number, name, ...spent }
    if (number > end) return { ...step, result: 'not reached' }
    if (number === end && refused) {
      const note = STOPPED_NOTES[number]?.(c)
      return { ...step, result: 'stopped', ...(note !== undefined && { note }) }
    }
    const skipped = skippedBecause(c, number, signingDisabled)
    if (skipped !== undefined) return { number, name, result: 'skipped', note: skipped }
    const note = NOTES[number]?.(c)
    const result = number === end ? 'answered' : 'passed'
    return { ...step, result, ...(note !== undefined && { note }) }
  })
}

const skippedBecause = (c: Ctx, number: number, signingDisabled: boolean): string | undefined => {
  const isSync = c.req.path === SYNC
  if (number === 6 && isSync && !c.get('signatureDemanded'))
    return 'not demanded: the request has an allowed origin'
  if (number === 6 && !isSync && signingDisabled) return 'CALL_EVENT_SIGNING_DISABLED is on'
  if (number === 10 && isSync) return 'page events have none: the database compares event_id'
  return undefined
}

/** What a step that let the request pass has found out. */
const NOTES: Record<number, (c: Ctx) => string | undefined> = {
  1: (c) => `${c.req.method} ${c.req.path}`,
  2: (c) => {
    const origin = c.req.header('origin')
    return origin === undefined
      ? 'none, as from a server: its signature has to hold'
      : `${origin.slice(0, NOTE_SHOWN)} is allowed`
  },
  3: (c) => `${c.get('body').length.toLocaleString('en')} bytes of 65,536`,
  4: (c) => c.req.header('content-type')?.slice(0, NOTE_SHOWN),
  5: (c) => used(c, ['coarse', 'sync', 'address']),
  6: (c) => `fits, ${signedWhen(c)}`,
  7: (c) => {
    const events = c.get('syncEvents') as unknown[] | undefined
    return events === undefined
      ? undefined
      : `${events.length} event${events.length > 1 ? 's' : ''}`
  },
  8: (c) => c.get('siteId') ?? [...new Set(c.get('siteIds'))].join(', '),
  9: (c) => used(c, ['v1', 'v2', 'site']),
  10: (c) => {
    const isNew = c.get('outcome') !== 'noop'
    const { event_id } = c.get('event')
    const key = event_id ?? (c.req.header(SIGNATURE_HEADER) ? 'by its signature' : 'by nothing')
    return isNew ? `not seen before (${key})` : `recorded already (${key})`
  },
  11: (c) => {
    const recorded = c.get('recorded')
    if (recorded === undefined) return undefined
    return `${recorded.inserted ? 'recorded as' : 'was there already as'} ${recorded.callId}`
  },
  12: (c) => c.get('outcome'),
}

/** What a step that stopped the request has looked at. */
const STOPPED_NOTES: Record<number, (c: Ctx) => string | undefined> = {
  2: (c) => c.req.header('origin')?.slice(0, NOTE_SHOWN) ?? 'no Origin header',
  4: (c) => c.req.header('content-type')?.slice(0, NOTE_SHOWN) ?? 'no Content-Type header',
  5: NOTES[5]!,
  6: (c) => {
    const wrong = SIGNED_WITH.flatMap(([name, pattern]) => {
      const value = c.req.header(name)
      if (value === undefined) return [`${name} is missing`]
      return pattern.test(value) ? [] : [`${name} is malformed`]
    })
    return wrong.join(', ') || signedWhen(c)
  },
  9: NOTES[9]!,
}

const SIGNED_WITH = [
  [SITE_ID_HEADER, SITE_ID],
  [TIMESTAMP_HEADER, TIMESTAMP],
  [SIGNATURE_HEADER, SIGNATURE],
] as const

const signedWhen = (c: Ctx): string => {
  const age = Math.floor(Date.now() / 1000) - Number(c.req.header(TIMESTAMP_HEADER))
  return age < 0 ? `signed ${-age} s ahead of the server's clock` : `signed ${age} s ago`
}

const used = (c: Ctx, kinds: LimitKind[]): string =>
  (c.get('tallies') ?? [])
    .filter(({ kind }) => kinds.includes(kind))
    .map(({ kind, limit, remaining }) => `${kind} ${limit - remaining} of ${limit}`)
    .join(', ')

/** The live feed is no event: its order is its own. */
const liveSteps = (c: Ctx, passes: readonly Pass[]): DetailStep[] => {
  const isMethod = c.get('refusal') === 'METHOD_NOT_ALLOWED'
  const method: DetailStep = { name: NAMES[0]!, result: isMethod ? 'stopped' : 'passed' }
  const others = ['Limit per address', 'Origin, then token'].map((name, index): DetailStep => {
    const pass = isMethod ? undefined : passes[index]
    if (pass === undefined) return { name, result: 'not reached' }
    return { name, result: pass.ended ? 'stopped' : 'passed', ms: pass.ms }
  })
  return [method, ...others]
}
