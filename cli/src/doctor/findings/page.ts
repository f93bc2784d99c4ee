import { CALL_EVENT_V1 } from '@opsmantik/tracker/contract'
import { forbidding, metaPolicies, setupFinding } from '@opsmantik/tracker/setup'
import { corsCheck, isHtml, isRedirect } from '../probe/browser.js'
import { headerOf, type Observation } from '../../probe/node/observe.js'
import { preflightOf } from '../probe/requests.js'
import type { Run } from '../probe/run.js'
import { symptom } from './symptom.js'
import type { Symptom } from '../types.js'
import { addOrigin } from './words.js'

/** Milliseconds: the page is looked at on the way, and nobody waits for it. */
const PATIENCE_MS = 2_000
const MAX_HOPS = 3

export interface PageLook {
  page: Observation
  /** Where the page is in the end. */
  origin: string
}

/** The customer's page itself: where it really is, and what its policy forbids. Null where it cannot be seen from here. */
export const lookAtPage = async (run: Run): Promise<PageLook | null> => {
  let url = `${run.settings.origin}/`
  for (let hop = 0; hop <= MAX_HOPS; hop++) {
    const page = await run.send({ method: 'GET', url, headers: {} }, PATIENCE_MS)
    if (page.status === 0) return null
    const next = isRedirect(page) ? headerOf(page, 'Location') : null
    if (next === null) return { page, origin: new URL(url).origin }
    if (!URL.canParse(next, url) || !/^https?:$/.test(new URL(next, url).protocol)) return null
    url = new URL(next, url).href
  }
  return null
}

/** @param symptoms what was found so far, in which a refused origin weighs less where no page is on it */
export const judgePage = async (
  look: PageLook | null,
  run: Run,
  symptoms: readonly Symptom[],
): Promise<Symptom[]> => {
  if (look === null) return [...symptoms]
  const { origin, proxyUrl } = run.settings
  if (look.origin !== origin) {
    const preflight = await run.send(preflightOf(run.base + CALL_EVENT_V1, look.origin))
    if (corsCheck(preflight, look.origin) === null)
      return symptoms.map((one) =>
        one.id === 'origin-not-listed' || one.id === 'live-origin-refused'
          ? {
              ...one,
              severity: 'warning' as const,
              title: `${one.title}; but its pages are redirected to ${look.origin}, which is allowed`,
            }
          : one,
      )
    const elsewhere = symptom(
      preflight,
      'error',
      'page-on-another-origin',
      `Pages of ${origin} are redirected to ${look.origin}: that is the origin which browsers send, and it is not allowed`,
      { whose: 'allowlist', fix: addOrigin(look.origin) },
    )
    return preflight.status === 0 ? [...symptoms] : [elsewhere, ...symptoms]
  }
  if (!isHtml(look.page)) return [...symptoms]
  const policies = [
    ...look.page.fields.flatMap(([name, value]) =>
      name.toLowerCase() === 'content-security-policy' ? value.split(',') : [],
    ),
    ...metaPolicies(look.page.text),
  ]
  const target = proxyUrl ?? run.settings.base + CALL_EVENT_V1
  const directive = forbidding(policies, target, look.page.sending.url)
  if (directive === null) return [...symptoms]
  const { id, title, fix } = setupFinding('page-policy-forbids', {
    target: new URL(target).origin,
    directive,
  })
  return [
    symptom(look.page, 'error', id, title, {
      whose: 'customer page',
      fix,
      saw: `Content-Security-Policy: … ${directive}`,
    }),
    ...symptoms,
  ]
}
