import { CALL_EVENT_V1, CALL_EVENT_V2, REFUSALS } from '@opsmantik/tracker/contract'
import { isAws, isHtml } from '../probe/browser.js'
import { headerOf, type Observation } from '../../probe/node/observe.js'
import { networkSymptom } from './network.js'
import { symptom } from './symptom.js'
import type { FindingId } from './ids.js'
import type { Symptom, Whose } from '../types.js'
import { letOptionsThrough } from './words.js'

/** The contract's `code` of an answer; null where it speaks another language. */
export const codeOf = ({ json }: Observation): string | null => {
  const code = json?.['code']
  return typeof code === 'string' && Object.hasOwn(REFUSALS, code) ? code : null
}

const SAYS_SO =
  /origin\b[^<>]{0,40}\b(not|isn.?t)\b[^<>]{0,20}\b(allowed|permitted|whitelisted)|not allowed by cors|(invalid|forbidden|disallowed) (cors )?origin|cors (request )?(denied|forbidden|rejected)/i

/** A server that refuses this origin and says so, in the contract's words or its own. */
export const saysOriginRefused = (answer: Observation): boolean =>
  codeOf(answer) === 'ORIGIN_NOT_ALLOWED' ||
  (answer.status >= 400 && codeOf(answer) === null && SAYS_SO.test(answer.text))

/** The refusal quotes the origin "as received": another one than was sent means that something rewrites it. */
export const rewrittenOrigin = (answer: Observation): string | null => {
  const received = answer.json?.['origin']
  const sent = answer.sending.headers['Origin']
  return codeOf(answer) === 'ORIGIN_NOT_ALLOWED' &&
    typeof received === 'string' &&
    received.toLowerCase() !== sent
    ? received
    : null
}

const PASS_ORIGIN =
  'proxy_set_header Origin $http_origin;   # nginx: delete any other "proxy_set_header Origin" line (CloudFront: forward the Origin header)'

/** What becomes of the Origin header on its way; null where nothing. */
export const originOnItsWay = (answer: Observation): Symptom | null => {
  const received = rewrittenOrigin(answer)
  if (received !== null)
    return symptom(
      answer,
      'error',
      'origin-header-rewritten',
      `The server was sent ${answer.sending.headers['Origin']} but received ${received}: something on the way rewrites the Origin header`,
      { whose: 'gateway', fix: PASS_ORIGIN },
    )
  if (codeOf(answer) === 'ORIGIN_REQUIRED' && answer.sending.headers['Origin'] !== undefined)
    return symptom(
      answer,
      'error',
      'origin-header-stripped',
      'The server received no Origin header, though one was sent: something on the way removes it',
      { whose: 'gateway', fix: PASS_ORIGIN },
    )
  return null
}

/**
 * An answer that is not what the path answers with, whatever the CORS headers: it came from something before the server,
 * or from a server in trouble. Null where it may be the server's own.
 */
export const notTheServer = (answer: Observation, method: string): Symptom | null => {
  const { status, failure } = answer
  if (failure !== null && (status === 0 || method !== 'OPTIONS')) return networkSymptom(answer)
  const code = codeOf(answer)
  const make = (id: FindingId, title: string, whose: Whose, fix: string): Symptom =>
    symptom(answer, 'error', id, title, { whose, fix })
  if (status >= 500)
    return make(
      code === 'SIGNATURE_VERIFIER_UNAVAILABLE' || code === 'STORE_UNAVAILABLE'
        ? 'database-unavailable'
        : 'server-error',
      code === null
        ? `${status}: the server, or the gateway that cannot reach it, fails`
        : `The server answers ${status} ${code}: trackers keep their events and try again`,
      code === null && isHtml(answer) ? 'gateway' : 'server',
      code === 'SIGNATURE_VERIFIER_UNAVAILABLE' || code === 'STORE_UNAVAILABLE'
        ? 'DATABASE_URL=<address of a database that answers>   # look whether the database runs and takes connections'
        : code === null && isHtml(answer)
          ? 'proxy_pass http://<address and port where the server listens>;   # see in the gateway’s error log why it cannot reach it'
          : 'Look at the server’s log for the X-Request-Id of this answer',
    )
  if (status === 429)
    return make(
      'rate-limited',
      'The limit refuses this request (429): either there is a flood, or all visitors share one address in the server’s eyes',
      code === null ? 'gateway' : 'server',
      'TRUSTED_PROXY_HOPS=1   # as many as there are load balancers of the server’s own in front of it (a first-party proxy is none); without it all visitors behind one share its limit. Else RATE_LIMIT_COARSE, _SYNC, _ADDRESS',
    )
  if (code === 'NOT_FOUND')
    return make(
      'endpoint-missing',
      'The server answers, but knows no such path (404): the gateway changes the path, or the console URL has one too many or too few',
      'gateway',
      'location /api/ { proxy_pass http://<the server>; }   # no path after the address, so that nginx leaves it as it is',
    )
  if (code === 'METHOD_NOT_ALLOWED')
    return make(
      'method-not-allowed',
      `The server received another method than ${method} (405): something on the way changes it`,
      'gateway',
      'Hand the method through: no redirect with 301 or 302 between gateway and server, no method override',
    )
  if (code !== null) return null
  if (
    status === 401 &&
    (isHtml(answer) || headerOf(answer, 'WWW-Authenticate') !== null || method === 'OPTIONS')
  )
    return make(
      method === 'OPTIONS' ? 'preflight-needs-login' : 'needs-login',
      `Something asks for a login before the server is reached (401)${method === 'OPTIONS' ? ': a preflight never carries one' : ''}`,
      'gateway',
      letOptionsThrough(isAws(answer)),
    )
  if (isHtml(answer))
    return make(
      status === 403 ? 'blocked-by-firewall' : status === 404 ? 'endpoint-missing' : 'html-answer',
      status === 404
        ? 'There is no such path here (404, an HTML page): this is not the console, or the gateway does not route /api'
        : `A page of HTML comes back (${status}) instead of the server’s JSON: ${status === 403 ? 'a firewall' : 'a gateway, a parked domain or another application'} answered`,
      'gateway',
      status === 403
        ? 'A rule that lets OPTIONS and POST on /api/* through (Cloudflare: a WAF exception; ModSecurity: SecRuleRemoveById <the rule in its log>)'
        : 'location /api/ { proxy_pass http://<the server>; }   # or give the right console URL',
    )
  if (status === 403)
    return make(
      method === 'OPTIONS' ? 'preflight-blocked' : 'blocked-by-firewall',
      'A 403 comes back that is not the server’s: a gateway or firewall refuses before it',
      'gateway',
      method === 'OPTIONS'
        ? letOptionsThrough(isAws(answer))
        : 'A rule that lets POST on /api/* through: look in the firewall’s log for this request',
    )
  if (status === 404)
    return make(
      'endpoint-missing',
      'There is no such path here (404): this is not the console, or the gateway does not route it',
      'gateway',
      'location /api/ { proxy_pass http://<the server>; }   # with the path unchanged; or give the right console URL',
    )
  if (status === 405 || status === 501)
    return make(
      'method-not-allowed',
      `${method} is not answered here (${status})`,
      'gateway',
      `${method === 'OPTIONS' ? letOptionsThrough(isAws(answer)) : 'Allow POST on /api/*; a static host or a CDN in front answers GET only'}`,
    )
  return null
}

export const isCallEvent = (path: string): boolean =>
  path === CALL_EVENT_V1 || path === CALL_EVENT_V2
