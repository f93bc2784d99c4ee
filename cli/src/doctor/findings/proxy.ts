import { judgeProxyAnswer, setupFinding, SIGN_BYTES } from '@opsmantik/tracker/setup'
import { corsCheck, isHtml, isMixedContent, isRedirect, preflightCheck } from '../probe/browser.js'
import { driftOf, type Drift } from './health.js'
import type { Observation } from '../../probe/node/observe.js'
import { isTlsFailure, networkSymptom, tlsSymptoms } from './network.js'
import { redirectSymptom } from './redirect.js'
import { codeOf, saysOriginRefused } from './refusals.js'
import { postOf, preflightOf, STRANGER } from '../probe/requests.js'
import type { Run } from '../probe/run.js'
import { good, symptom } from './symptom.js'
import type { FindingId } from './ids.js'
import type { Symptom, Whose } from '../types.js'

/** No site has it. */
const NO_SITE = '0'.repeat(32)

export interface ProxyLook {
  answer: Observation
  odd: Observation
  stranger: Observation
  preflight: Observation | null
  drift: Drift
}

/** A call event without its fingerprint: a proxy forwards it, and no server records it. */
const bodyFor = (site: string): string => JSON.stringify({ site_id: site })
/** The same, as no JSON library writes it. */
const oddBodyFor = (site: string): string =>
  `{ "site_id" : "${site}",\n "doctor": "\\u00e9\\/", "n": 1.0 }`

export const lookAtProxy = async (run: Run, url: string): Promise<ProxyLook> => {
  const { origin, siteId } = run.settings
  const site = siteId ?? NO_SITE
  const isOwn = new URL(url).origin === origin
  const [answer, odd, stranger, preflight] = await Promise.all([
    run.send(postOf(url, origin, bodyFor(site))),
    run.send(postOf(url, origin, oddBodyFor(site))),
    run.send(postOf(url, STRANGER, bodyFor(site))),
    // Across origins the plugin may ask for JSON, and that takes a preflight.
    isOwn ? null : run.send(preflightOf(url, origin, ['content-type'])),
  ])
  return { answer, odd, stranger, preflight, drift: driftOf(answer, answer.json?.['server_ts']) }
}

interface Context {
  run: Run
  url: string
  /** The secret was given, and a request signed with it here was found good. */
  secretIsGood: boolean | null
  isSigningOff: boolean
}

export const judgeProxy = async (look: ProxyLook, context: Context): Promise<Symptom[]> => {
  const { run, url } = context
  const { origin, ca, now } = run.settings
  const { answer } = look
  const symptoms: Symptom[] = []
  if (isMixedContent(origin, url))
    symptoms.push(
      symptom(
        answer,
        'error',
        'proxy-mixed-content',
        'The page is on https and its proxy on http: browsers block that before it leaves',
        { whose: 'customer page', fix: `data-ops-proxy-url="${url.replace(/^http:/, 'https:')}"` },
      ),
    )
  if (answer.failure !== null) {
    symptoms.push(
      ...(isTlsFailure(answer)
        ? await tlsSymptoms(answer, ca, now(), run.left(), 'proxy-')
        : [networkSymptom(answer, 'proxy-')]),
    )
    return symptoms
  }
  if (isRedirect(answer))
    return [
      ...symptoms,
      redirectSymptom(
        answer,
        new URL(url).pathname.replace(/\/$/, ''),
        'data-ops-proxy-url',
        'proxy-',
      ),
    ]
  const chain = judgeChain(look, context)
  symptoms.push(...chain)
  const isReached = !chain.some(({ id }) => ELSEWHERE.includes(id))
  if (isReached) symptoms.push(...acrossOrigins(look, context), ...foreign(look))
  const { siteId } = run.settings
  if (symptoms.length === 0)
    symptoms.push(
      good(
        'proxy-good',
        siteId === null
          ? 'The proxy answers; with --site-id the doctor can look through it'
          : 'The proxy signs, and the server takes its signature',
        `${answer.status} ${codeOf(answer) ?? ''}`.trim(),
      ),
    )
  return symptoms
}

/** With these, something else than the proxy answers. */
const ELSEWHERE: readonly FindingId[] = [
  'proxy-missing',
  'proxy-html',
  'proxy-blocked',
  'proxy-unexpected-answer',
]

/** What the answer says of the proxy, its secret, its clock, and of what is behind it. */
const judgeChain = (
  look: ProxyLook,
  { run, url, secretIsGood, isSigningOff }: Context,
): Symptom[] => {
  const { answer, odd } = look
  const { origin, siteId, secretName } = run.settings
  const code = codeOf(answer)
  const { status } = answer
  const make = (id: FindingId, title: string, whose: Whose, fix: string): Symptom[] => [
    symptom(answer, 'error', id, title, { whose, fix }),
  ]
  if (isSigningOff && code === 'ORIGIN_REQUIRED')
    return make(
      'proxy-refused-while-signing-off',
      'With signatures switched off, the server refuses what a proxy forwards without an Origin',
      'server',
      'Delete CALL_EVENT_SIGNING_DISABLED=1 and restart   # it is a rollback switch',
    )
  const problem = judgeProxyAnswer({
    status,
    code,
    isHtml: isHtml(answer),
    refusesOrigin: saysOriginRefused(answer),
  })
  // Without the site's id the request names none, and every code of the server shows that it was reached.
  const isReached =
    siteId === null &&
    code !== null &&
    (problem === 'proxy-other-site' ||
      problem === 'proxy-signature-refused' ||
      problem === 'proxy-unexpected-answer')
  if (problem !== null && !isReached) {
    const { title, whose, fix } = setupFinding(problem, {
      url,
      path: new URL(url).pathname,
      origin,
      site: siteId ?? '',
      secret: secretName,
      server: run.base,
      status: `${status}${code === null ? '' : ` ${code}`}`,
    })
    if (problem === 'proxy-signature-refused')
      return make(
        problem,
        secretIsGood === true
          ? 'The server refuses the proxy’s signature while the given secret is right: the proxy has another secret, or changes the body after it has signed it'
          : `${title} (with --secret-env the doctor can tell more)`,
        secretIsGood === false ? 'secret' : 'proxy',
        fix,
      )
    if (problem === 'proxy-fails') return make(problem, title, code === null ? 'proxy' : whose, fix)
    return make(problem, title, whose, fix)
  }
  if (status === 429)
    return make(
      'proxy-rate-limited',
      'The limit refuses the proxy (429): all visitors may share its address in the server’s eyes',
      'proxy',
      'X-Forwarded-For: <the visitor’s address>   # appended by the proxy: tell it the address with clientAddress or trustedHops',
    )
  if (siteId !== null && codeOf(odd) === 'SIGNATURE_INVALID')
    return [
      symptom(
        odd,
        'error',
        'proxy-reserialises',
        'The proxy signs one text and sends another: it reads the JSON and writes it anew, so that every event that its library spells differently is refused',
        { whose: 'proxy', fix: SIGN_BYTES },
      ),
    ]
  return []
}

/** `data-ops-proxy-url` on another origin than the page. */
const acrossOrigins = ({ answer, preflight }: ProxyLook, { run, url }: Context): Symptom[] => {
  if (preflight === null) return []
  const { origin } = run.settings
  const refusal = corsCheck(answer, origin) ?? preflightCheck(preflight, origin, ['content-type'])
  const path = new URL(url).pathname
  return refusal === null
    ? []
    : [
        symptom(
          preflight,
          'error',
          'proxy-not-same-origin',
          `The proxy is on ${new URL(url).origin} and the page on ${origin}: the browser says "${refusal.says}"`,
          {
            whose: 'customer page',
            fix: `data-ops-proxy-url="${path}"   # a path counts from the page’s own origin`,
          },
        ),
      ]
}

const foreign = ({ stranger }: ProxyLook): Symptom[] =>
  stranger.status === 403 || stranger.status === 0
    ? []
    : [
        symptom(
          stranger,
          'error',
          'proxy-takes-foreign-origins',
          'The proxy signs for pages of any origin: whoever likes can record events through it',
          {
            whose: 'proxy',
            fix: 'Refuse with 403 what has an Origin that is not the site’s own, before signing',
          },
        ),
      ]
