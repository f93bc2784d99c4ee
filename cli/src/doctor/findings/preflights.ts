import { isCached, isRedirect, preflightCheck, type BrowserRefusal } from '../probe/browser.js'
import { corsWarnings, refusedByBrowser } from './cors.js'
import { headerOf, type Observation } from '../../probe/node/observe.js'
import { redirectSymptom } from './redirect.js'
import { notTheServer, originOnItsWay, saysOriginRefused } from './refusals.js'
import type { Path } from '../probe/requests.js'
import { UNSAFE_HEADERS } from '../probe/requests.js'
import type { Symptom } from '../types.js'

export interface PreflightLook {
  path: Path
  answer: Observation
  refusal: BrowserRefusal | null
}

export const lookAtPreflight = (
  path: Path,
  answer: Observation,
  origin: string,
): PreflightLook => ({
  path,
  answer,
  refusal: preflightCheck(answer, origin, UNSAFE_HEADERS),
})

/** The origin that everybody is answered with, whoever asks. */
export const isFixedOrigin = (answer: Observation, toStranger: Observation): boolean => {
  const allow = headerOf(answer, 'Access-Control-Allow-Origin')
  return (
    allow !== null &&
    !isCached(answer) &&
    allow === headerOf(toStranger, 'Access-Control-Allow-Origin')
  )
}

/**
 * A preflight as the browser judges it, and whose the fault is.
 *
 * @param isListed whether the list holds some variant: then silence about this origin is a refusal
 * @returns `refused` where the server refuses this origin: the caller finds out what is in the list
 */
export const judgePreflight = (
  { path, answer, refusal }: PreflightLook,
  origin: string,
  toStranger: Observation,
  isListed: boolean,
): Symptom[] | 'refused' => {
  if (refusal === null) return corsWarnings(answer, origin)
  const rewritten = originOnItsWay(answer)
  if (rewritten !== null) return [rewritten]
  if (saysOriginRefused(answer)) return 'refused'
  if (isRedirect(answer)) return [redirectSymptom(answer, path, 'data-ops-console-url')]
  if (refusal.kind === 'missing' && isListed) return 'refused'
  // With the right CORS headers something that knows the origin has spoken; the status is what is wrong.
  if (refusal.kind !== 'status' || answer.status >= 404) {
    const other = notTheServer(answer, 'OPTIONS')
    if (other !== null) return [other]
  }
  return [refusedByBrowser(answer, refusal, origin, isFixedOrigin(answer, toStranger))]
}
