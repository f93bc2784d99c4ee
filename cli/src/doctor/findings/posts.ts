import { judge } from '@opsmantik/tracker/contract'
import { corsCheck, isHtml, isRedirect } from '../probe/browser.js'
import { corsWarnings, refusedByBrowser } from './cors.js'
import { headerOf, type Observation } from '../../probe/node/observe.js'
import { isFixedOrigin } from './preflights.js'
import { redirectSymptom } from './redirect.js'
import { codeOf, isCallEvent, notTheServer, originOnItsWay, saysOriginRefused } from './refusals.js'
import type { Path } from '../probe/requests.js'
import { symptom, whereOf } from './symptom.js'
import type { Symptom } from '../types.js'
import { addOrigin } from './words.js'

/** What the tracker would make of this answer, in words. */
const outcome = (answer: Observation, isReadable: boolean): string => {
  if (!isReadable) return 'the browser hides the answer, and the tracker tries again for 7 days'
  const { status, fault } = judge(
    { status: answer.status, headers: { get: (name) => headerOf(answer, name) } },
    answer.text,
  )
  if (fault === 'configuration')
    return 'the tracker keeps the event and tries again after about a minute, then up to an hour apart, until it is put right'
  return {
    delivered: 'the tracker takes the event for delivered and forgets it',
    duplicate: 'the tracker takes the event for delivered and forgets it',
    queued: 'the tracker keeps the event and tries again',
    dropped: 'the tracker drops the event',
  }[status]
}

export const signingOff = (answer: Observation): Symptom =>
  symptom(
    answer,
    'warning',
    'signing-disabled',
    'Signatures are not verified: whoever knows an allowed origin can record events',
    {
      whose: 'server',
      fix: 'Delete CALL_EVENT_SIGNING_DISABLED=1 and restart   # it is a rollback switch',
      check: `curl -sS ${new URL(answer.sending.url).origin}/api/health   # expect no "signing_disabled"`,
    },
  )

/** A POST that can record nothing: unsigned, and with a body that fits no schema. */
export const judgePost = (
  path: Path,
  answer: Observation,
  origin: string,
  toStranger: Observation,
): Symptom[] | 'refused' => {
  const rewritten = originOnItsWay(answer)
  if (rewritten !== null) return [rewritten]
  if (saysOriginRefused(answer)) return 'refused'
  if (isRedirect(answer)) return [redirectSymptom(answer, path, 'data-ops-console-url')]
  const other = notTheServer(answer, 'POST')
  if (other !== null) return [other]

  const cors = corsCheck(answer, origin)
  const code = codeOf(answer)
  const { status } = answer
  const symptoms: Symptom[] =
    cors === null
      ? corsWarnings(answer, origin)
      : [refusedByBrowser(answer, cors, origin, isFixedOrigin(answer, toStranger))]
  if (status >= 200 && status < 300)
    symptoms.push(
      symptom(
        answer,
        'error',
        'invalid-body-accepted',
        `An empty, unsigned event is answered ${status}: what answers there takes everything for good, and ${outcome(answer, cors === null)}`,
        {
          whose: 'gateway',
          fix: 'location /api/ { proxy_pass http://<the server>; }   # find what answers POST in the server’s place',
        },
      ),
    )
  else if (status === 400 && isCallEvent(path) && (code ?? '').startsWith('INVALID_'))
    symptoms.push(signingOff(answer))
  else if (!isExpected(path, status, code))
    symptoms.push(
      symptom(
        answer,
        'error',
        'unexpected-answer',
        `The answer to an event is ${status}${code === null ? ' without one of the contract’s codes' : ` ${code}`}: ${outcome(answer, cors === null)}`,
        { whose: 'server', fix: 'Look at the server’s log for the X-Request-Id of this answer' },
      ),
    )
  return symptoms
}

/** 401 for an unsigned call, 400 for a sync event without fields; other servers may lack the codes. */
const isExpected = (path: Path, status: number, code: string | null): boolean =>
  isCallEvent(path)
    ? status === 401 && (code === null || code === 'SIGNATURE_REQUIRED')
    : (status === 400 || status === 422) && (code === null || code.startsWith('INVALID_'))

export const listsDiffer = (answer: Observation, origin: string): Symptom =>
  symptom(
    answer,
    'error',
    'origin-lists-differ',
    `${origin} is allowed in one place and refused in another (${whereOf(answer)}): two lists are in use that have drifted apart`,
    { whose: 'allowlist', fix: addOrigin(origin) },
  )

/** A forged signature over an empty event: where the emptiness is found out, the signature was not looked at. */
export const judgeForged = (answer: Observation): Symptom[] =>
  /^INVALID_(BODY|SITE_ID)$/.test(codeOf(answer) ?? '') ||
  (answer.status >= 200 && answer.status < 300 && !isHtml(answer))
    ? [
        symptom(
          answer,
          'error',
          'signature-not-verified',
          'A forged signature is not refused: the server wants signatures but does not verify them',
          {
            whose: 'server',
            fix: 'Refuse with 401 SIGNATURE_INVALID before the body is looked at   # HMAC-SHA256 over "<X-Ops-Ts>.<body>"',
          },
        ),
      ]
    : []

/** What a proxy meets: V2 without an Origin. */
export const judgeWithoutOrigin = (answer: Observation, isSigningOff: boolean): Symptom[] => {
  const code = codeOf(answer)
  if (code === 'ORIGIN_REQUIRED' && isSigningOff) return []
  if (answer.status === 400 && isSigningOff)
    return [
      symptom(
        answer,
        'error',
        'v2-open-to-everybody',
        'With signatures switched off, V2 takes events without an Origin too: nothing guards it any more',
        { whose: 'server', fix: 'Delete CALL_EVENT_SIGNING_DISABLED=1 and restart' },
      ),
    ]
  if (code === 'ORIGIN_REQUIRED' || code === 'ORIGIN_NOT_ALLOWED' || saysOriginRefused(answer))
    return [
      symptom(
        answer,
        'error',
        'v2-needs-origin',
        'V2 refuses a request without an Origin, as every first-party proxy sends it',
        {
          whose: 'server',
          fix: 'Let requests without an Origin through on /api/call-event/v2: their signature is what counts',
        },
      ),
    ]
  if (isRedirect(answer)) return []
  const other = notTheServer(answer, 'POST')
  return other === null ? [] : [other]
}
