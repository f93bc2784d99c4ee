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

const SIGN_BYTES =
  "const body = await request.arrayBuffer()   // sign and forward these very bytes (PHP: file_get_contents('php://input'), never json_encode(json_decode(…)))"

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
  const path = new URL(url).pathname
  if (isHtml(answer) || (code === null && (status === 404 || status === 405)))
    return status === 403 || status === 401 || status === 503
      ? make(
          'proxy-blocked',
          `The customer’s site answers ${status} with a page of its own: a firewall, a login or a maintenance mode stands before the proxy`,
          'proxy',
          `A rule that lets POST ${path} through: in the site’s security plugin or firewall`,
        )
      : make(
          status === 404 || status === 405 ? 'proxy-missing' : 'proxy-html',
          status === 404 || status === 405
            ? `There is no proxy at ${url} (${status}): the plugin is switched off, or the address is another`
            : `${url} answers with a page of HTML (${status}): no proxy is there, the site’s own pages answer`,
          'proxy',
          `wp plugin activate opsmantik   # WordPress; elsewhere: mount the proxy at ${path}, before the route that answers with pages`,
        )
  if (code === 'PROXY_NOT_CONFIGURED')
    return make(
      'proxy-not-configured',
      'The proxy has no secret',
      'proxy',
      `${secretName}=<the site’s secret>   # in the proxy’s environment or settings, 16 characters at least; then restart it`,
    )
  if (
    code === 'UPSTREAM_UNREACHABLE' ||
    code === 'UPSTREAM_TIMEOUT' ||
    status === 502 ||
    status === 504
  )
    return make(
      code === 'UPSTREAM_TIMEOUT' || status === 504
        ? 'proxy-upstream-timeout'
        : 'proxy-upstream-unreachable',
      code === 'UPSTREAM_TIMEOUT' || status === 504
        ? 'The proxy reaches the server but gets no answer in time'
        : 'The proxy cannot reach the server, or gets something from it that is no JSON',
      'proxy',
      `consoleUrl: '${run.base}'   # what the proxy has as its console URL; and its machine must be allowed to call out to it`,
    )
  if (saysOriginRefused(answer))
    return make(
      'proxy-refuses-own-origin',
      `The proxy refuses ${origin}: it takes its own host for another (a terminator of TLS before it that changes Host), or the page is on another origin`,
      'proxy',
      `origins: ['${origin}']   # createProxy; or let the terminator pass Host on: proxy_set_header Host $host;`,
    )
  if (code === 'INVALID_SITE_ID' && siteId !== null)
    return make(
      'proxy-other-site',
      `The proxy serves another site than ${siteId}, or the server does not know that site`,
      'proxy',
      `siteId: '${siteId}'   # in the proxy’s configuration, and as data-ops-site-id on the page`,
    )
  if (code === 'SIGNATURE_TIMESTAMP_INVALID')
    return make(
      'proxy-clock-wrong',
      'The server refuses the proxy’s signature for its time: the clock of the proxy’s machine is wrong',
      'clock',
      'timedatectl set-ntp true   # on the proxy’s machine; compare: date -u',
    )
  if (code === 'SIGNATURE_REQUIRED')
    return make(
      'proxy-does-not-sign',
      'The server receives the proxy’s request without a signature',
      'proxy',
      'X-Ops-Site-Id, X-Ops-Ts and X-Ops-Signature must be sent along, once each; nothing between proxy and server may remove them',
    )
  if (code === 'SIGNATURE_INVALID' && siteId !== null)
    return secretIsGood === true
      ? make(
          'proxy-signature-refused',
          'The server refuses the proxy’s signature while the given secret is right: the proxy has another secret, or changes the body after it has signed it',
          'proxy',
          `${secretName}=<the site’s secret>   # in the proxy, without quotes or spaces\n${SIGN_BYTES}`,
        )
      : make(
          'proxy-signature-refused',
          'The server refuses the proxy’s signature: its secret or its site is wrong, or it changes the body after it has signed it (with --secret-env the doctor can tell more)',
          secretIsGood === false ? 'secret' : 'proxy',
          `${secretName}=<the site’s secret>   # in the proxy, without quotes or spaces\n${SIGN_BYTES}`,
        )
  if (status >= 500)
    return make(
      'proxy-fails',
      `The proxy, or the server behind it, fails (${status}${code === null ? '' : ` ${code}`})`,
      code === null ? 'proxy' : 'server',
      'Look at the error log of the customer’s site, then of the server',
    )
  if (status === 403 && code === null)
    return make(
      'proxy-blocked',
      'A 403 that is not the proxy’s: a firewall or a security plugin of the customer’s site refuses',
      'proxy',
      `A rule that lets POST ${path} through`,
    )
  if (status >= 200 && status < 300)
    return make(
      'proxy-swallows',
      `An event that is none is answered ${status}: the proxy says "recorded" whatever the server says, and the tracker forgets events that nobody has`,
      'proxy',
      'Hand back the server’s own status and body',
    )
  const isThrough =
    code === 'INVALID_BODY' ||
    (siteId === null && code !== null) ||
    (isSigningOff && code === 'ORIGIN_REQUIRED')
  if (!isThrough && status !== 429)
    return make(
      'proxy-unexpected-answer',
      `The proxy answers ${status}${code === null ? ' without one of the contract’s codes' : ` ${code}`}, which is not what the server says to an incomplete event`,
      'proxy',
      'Hand back the server’s own status and body',
    )
  if (isSigningOff && code === 'ORIGIN_REQUIRED')
    return make(
      'proxy-refused-while-signing-off',
      'With signatures switched off, the server refuses what a proxy forwards without an Origin',
      'server',
      'Delete CALL_EVENT_SIGNING_DISABLED=1 and restart   # it is a rollback switch',
    )
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
