import {
  SIGNATURE,
  SIGNATURE_HEADER,
  SITE_ID,
  SITE_ID_HEADER,
  TIMESTAMP,
  TIMESTAMP_HEADER,
  TIMESTAMP_MAX_AGE_SECONDS,
  TIMESTAMP_MAX_AHEAD_SECONDS,
} from '@opsmantik/tracker/contract'
import { decodeBody } from '../http/decode-body.js'
import { refuse, refuseSignature, RETRY_AFTER_OUTAGE } from '../http/refuse.js'
import type { RequestContext, Verdict } from '../http/request-context.js'
import type { Store } from '../store/store.js'
import type { Log } from '../world.js'
import type { Step } from './step.js'

interface Options {
  store: Pick<Store, 'verify'>
  now: () => number
  log: Log
  signingDisabled: boolean
}
/** Hears which site a request will be for if its signature holds, so that something can be prepared meanwhile. */
type LookAhead = (context: RequestContext, siteId: string) => void

/** Sites whose header is remembered. */
const MAX_SITES = 10_000

const SITE_HEADER = SITE_ID_HEADER.toLowerCase()
const TS_HEADER = TIMESTAMP_HEADER.toLowerCase()
const SENT_HEADER = SIGNATURE_HEADER.toLowerCase()

/**
 * Creates step 6: it checks headers, time window and valid UTF-8, then asks the verifier in the database. Before it has
 * said yes, no statement runs as the service role. A wrong signature and an unknown site are the same refusal.
 */
export const signature = (options: Options, lookAhead: LookAhead | null = null): Step => {
  const { signingDisabled } = options
  /** UUIDs of the sites that have signed, by what their requests called them. */
  const sites = new Map<string, string>()
  const expect = (context: RequestContext): void => {
    const siteId = sites.get(context.header(SITE_HEADER)!)
    if (siteId !== undefined) lookAhead!(context, siteId)
  }
  const learn = (context: RequestContext): void => {
    const name = context.header(SITE_HEADER)!
    if (sites.get(name) === context.signedSite) return
    sites.set(name, context.signedSite!)
    if (sites.size > MAX_SITES) sites.delete(sites.keys().next().value!)
  }
  const checked = lookAhead === null ? options : { ...options, expect, learn }
  return {
    name: 'Signature',
    section: '5.6',
    run: (context) => (signingDisabled ? undefined : verify(context, checked)),
    skipped: () => (signingDisabled ? 'CALL_EVENT_SIGNING_DISABLED is on' : undefined),
    note,
  }
}

/** Creates step 6 of sync: only a request without an origin has to be signed. */
export const signatureIfDemanded = (options: Options): Step => ({
  name: 'Signature',
  section: '5.6',
  run: (context) => (context.isSignatureDemanded ? verify(context, options) : undefined),
  skipped: ({ isSignatureDemanded }) =>
    isSignatureDemanded ? undefined : 'not demanded: the request has an allowed origin',
  note,
})

interface Hooks {
  /** Runs when nothing but the database is left to ask. */
  expect?: (context: RequestContext) => void
  /** Runs when the signature held. */
  learn?: (context: RequestContext) => void
}

const verify = (
  context: RequestContext,
  { store, now, log, expect, learn }: Options & Hooks,
): Verdict | Promise<Verdict> => {
  const site = context.header(SITE_HEADER) ?? ''
  const ts = context.header(TS_HEADER) ?? ''
  const sent = context.header(SENT_HEADER) ?? ''
  // A header that arrives twice is joined by a comma, and so does not match.
  if (!SITE_ID.test(site) || !TIMESTAMP.test(ts) || !SIGNATURE.test(sent))
    return refuseSignature(context, 'SIGNATURE_REQUIRED', now())

  const age = Math.floor(now() / 1000) - Number(ts)
  if (age > TIMESTAMP_MAX_AGE_SECONDS || age < -TIMESTAMP_MAX_AHEAD_SECONDS)
    return refuseSignature(context, 'SIGNATURE_TIMESTAMP_INVALID', now())

  const text = decodeBody(context.body!)
  if (text === null) return refuse(context, 'INVALID_JSON')

  expect?.(context)
  return store.verify({ site, ts, body: text, signature: sent }).then(
    (signedSite) => {
      if (signedSite === null) return refuseSignature(context, 'SIGNATURE_INVALID', now())
      context.text = text
      context.signedSite = signedSite
      learn?.(context)
      return undefined
    },
    (error: unknown) => {
      log.error({ err: error, request_id: context.requestId }, 'signatures cannot be verified')
      return refuse(context, 'SIGNATURE_VERIFIER_UNAVAILABLE', {}, RETRY_AFTER_OUTAGE)
    },
  )
}

const SIGNED_WITH = [
  [SITE_ID_HEADER, SITE_ID],
  [TIMESTAMP_HEADER, TIMESTAMP],
  [SIGNATURE_HEADER, SIGNATURE],
] as const

const note = (context: RequestContext, isStopped: boolean): string => {
  const age = Math.floor(Date.now() / 1000) - Number(context.header(TS_HEADER))
  const when = age < 0 ? `signed ${-age} s ahead of the server's clock` : `signed ${age} s ago`
  if (!isStopped) return `fits, ${when}`
  const wrong = SIGNED_WITH.flatMap(([name, pattern]) => {
    const value = context.header(name.toLowerCase())
    if (value === undefined) return [`${name} is missing`]
    return pattern.test(value) ? [] : [`${name} is malformed`]
  })
  return wrong.join(', ') || when
}
