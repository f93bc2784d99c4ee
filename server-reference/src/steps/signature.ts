import {
  SIGNATURE,
  SIGNATURE_HEADER,
  SITE_ID,
  SITE_ID_HEADER,
  TIMESTAMP,
  TIMESTAMP_HEADER,
  TIMESTAMP_MAX_AGE,
  TIMESTAMP_MAX_AHEAD,
} from '@opsmantik/tracker/contract'
import type { Logger } from 'pino'
import type { Step } from '../env.js'
import { decodeBody } from '../http/decode-body.js'
import { refuse, refuseSignature, RETRY_AFTER_OUTAGE } from '../http/refuse.js'
import type { Store } from '../store/store.js'

interface Options {
  store: Pick<Store, 'verify'>
  now: () => number
  log: Logger
}

/**
 * Step 6. Headers, time window, valid UTF-8, then the verifier in the database. Before it has said yes, no statement
 * runs as the service role. A wrong signature and an unknown site are the same refusal.
 */
export const signature =
  ({ store, now, log }: Options): Step =>
  async (c) => {
    const site = c.req.header(SITE_ID_HEADER) ?? ''
    const ts = c.req.header(TIMESTAMP_HEADER) ?? ''
    const sent = c.req.header(SIGNATURE_HEADER) ?? ''
    // A header that arrives twice is joined by a comma, and so does not match.
    if (!SITE_ID.test(site) || !TIMESTAMP.test(ts) || !SIGNATURE.test(sent))
      return refuseSignature(c, 'SIGNATURE_REQUIRED', now())

    const age = Math.floor(now() / 1000) - Number(ts)
    if (age > TIMESTAMP_MAX_AGE || age < -TIMESTAMP_MAX_AHEAD)
      return refuseSignature(c, 'SIGNATURE_TIMESTAMP_INVALID', now())

    const text = decodeBody(c.get('body'))
    if (text === null) return refuse(c, 'INVALID_JSON')

    let signedSite: string | null
    try {
      signedSite = await store.verify({ site, ts, body: text, signature: sent })
    } catch (error) {
      log.error({ err: error, request_id: c.get('requestId') }, 'signatures cannot be verified')
      return refuse(c, 'SIGNATURE_VERIFIER_UNAVAILABLE', {}, RETRY_AFTER_OUTAGE)
    }
    if (signedSite === null) return refuseSignature(c, 'SIGNATURE_INVALID', now())
    c.set('text', text)
    c.set('signedSite', signedSite)
    return undefined
  }

/** Step 6 of sync: only a request that came without an origin has to be signed. */
export const signatureIfDemanded = (options: Options): Step => {
  const verify = signature(options)
  return (c) => (c.get('signatureDemanded') ? verify(c) : undefined)
}
