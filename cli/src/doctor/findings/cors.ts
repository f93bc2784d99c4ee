import { corsCheck, isAws, tokens, type BrowserRefusal } from '../probe/browser.js'
import {
  EXPECT_204,
  letOptionsThrough,
  ONE_SETS_CORS,
  PASS_CORS,
  ALLOWED_HEADERS_LINE,
  addOrigin,
} from './words.js'
import { curl } from '../../probe/curl.js'
import { headerOf, type Observation } from '../../probe/node/observe.js'
import { symptom } from './symptom.js'
import type { FindingId } from './ids.js'
import type { Symptom, Whose } from '../types.js'

/** A browser's refusal of an answer, as a symptom: the fallback that is right whatever the cause. */
export const refusedByBrowser = (
  answer: Observation,
  refusal: BrowserRefusal,
  origin: string,
  isFixed: boolean,
): Symptom => {
  const make = (id: FindingId, title: string, whose: Whose, fix: string): Symptom =>
    symptom(answer, 'error', id, title, {
      whose,
      fix,
      check: `${curl(answer.sending)}   # ${answer.sending.method === 'OPTIONS' ? EXPECT_204 : 'expect one Access-Control-Allow-Origin, with this very origin'}`,
    })
  const { kind, value, says } = refusal
  const browser = `the browser says "${says}"`
  switch (kind) {
    case 'missing':
      return make(
        'cors-headers-missing',
        `An answer comes, but without Access-Control-Allow-Origin: ${browser}`,
        'gateway',
        `${PASS_CORS}${answer.sending.method === 'OPTIONS' ? '\nIf the gateway answers OPTIONS by itself (nginx: return 204), let the server do it.' : ''}\nOr the server refuses this origin without saying so: ${addOrigin(origin).split('\n')[0]}`,
      )
    case 'doubled': {
      const values = new Set(value.split(',').map((one) => one.trim()))
      if (values.size > 1 && !values.has('*'))
        return make(
          'cors-origin-list-sent',
          `Access-Control-Allow-Origin holds several origins (${value}), where one may stand: ${browser}`,
          'server',
          `Access-Control-Allow-Origin: ${origin}   # the one that asks, if it is in the list; and Vary: Origin\nIf the gateway adds one and the server another, only the server's may stay.`,
        )
      return make(
        'cors-header-doubled',
        `Access-Control-Allow-Origin is there twice (${value}): the server and something before it both set it, and ${browser}`,
        'gateway',
        ONE_SETS_CORS,
      )
    }
    case 'other-origin':
      return otherOrigin(value, origin, isFixed, browser, make)
    case 'status':
      return make(
        'preflight-refused-with-cors-headers',
        `The preflight gets ${value} with perfect CORS headers: a gateway or firewall answers before the server does, and browsers want 2xx, whatever the headers`,
        'gateway',
        letOptionsThrough(isAws(answer)),
      )
    case 'list-malformed':
      return make(
        'cors-list-malformed',
        `A list in the preflight's answer cannot be read (${value}): names are parted by commas; ${browser}`,
        'gateway',
        `Access-Control-Allow-Methods: POST, OPTIONS\n${ALLOWED_HEADERS_LINE}`,
      )
    case 'header-refused':
      return make(
        'cors-request-headers-missing',
        `The preflight does not allow the header${value.includes(',') ? 's' : ''} ${value}: ${browser}`,
        'gateway',
        `${ALLOWED_HEADERS_LINE}\nThe server sends this line itself: find what replaces it.`,
      )
    case 'redirect':
      return make(
        'redirect-elsewhere',
        `The preflight is redirected to ${value}: ${browser}`,
        'gateway',
        'No redirect on /api/*: neither to a login nor to another spelling of the address',
      )
    case 'no-answer':
      return make('no-answer', 'No answer comes', 'server', 'Look at the server’s log')
  }
}

const otherOrigin = (
  value: string,
  origin: string,
  isFixed: boolean,
  browser: string,
  make: (id: FindingId, title: string, whose: Whose, fix: string) => Symptom,
): Symptom => {
  if (value.replace(/\/+$/, '').toLowerCase() === origin || value === `"${origin}"`)
    return make(
      'cors-origin-misspelt',
      `Access-Control-Allow-Origin is "${value}", which is nearly but not exactly ${origin}: ${browser}`,
      'gateway',
      `Access-Control-Allow-Origin: ${origin}   # no slash, no quotes, lower case`,
    )
  return isFixed
    ? make(
        'cors-answers-fixed-origin',
        `Whoever asks is answered with Access-Control-Allow-Origin: ${value || '(empty)'}: that one is configured, perhaps before a change of domain, and ${origin} is not`,
        'allowlist',
        addOrigin(origin),
      )
    : make(
        'cors-answers-another-origin',
        `${origin} is answered with Access-Control-Allow-Origin: ${value || '(empty)'}, which belongs to another: a cache hands out somebody else's answer, or something rewrites it; ${browser}`,
        'gateway',
        'Vary: Origin   # must reach the cache, and OPTIONS and POST must not be cached at all (CloudFront: forward the Origin header)',
      )
}

/** Faults that browsers forgive and that should be fixed. */
export const corsWarnings = (answer: Observation, origin: string): Symptom[] => {
  if (corsCheck(answer, origin) !== null) return []
  const warn = (id: FindingId, title: string, fix: string): Symptom =>
    symptom(answer, 'warning', id, title, { whose: 'gateway', fix })
  const symptoms: Symptom[] = []
  const vary = (headerOf(answer, 'Vary') ?? '').toLowerCase()
  const isExact = headerOf(answer, 'Access-Control-Allow-Origin') === origin
  if (isExact && !/(^|[\s,])(origin|\*)($|[\s,])/.test(vary))
    symptoms.push(
      warn(
        'vary-origin-missing',
        'Answers name one origin but lack Vary: Origin, so a cache may hand them to another origin',
        'Vary: Origin   # the server sends it: find what removes or replaces it',
      ),
    )
  if (headerOf(answer, 'Access-Control-Allow-Credentials') !== null)
    symptoms.push(
      warn(
        'cors-allow-credentials',
        'Answers carry Access-Control-Allow-Credentials, which this contract never sends: cookies of the console would travel',
        "proxy_hide_header Access-Control-Allow-Credentials;   # nginx, or delete the gateway's own line",
      ),
    )
  if (answer.sending.method === 'OPTIONS') {
    const methods = tokens(answer, 'Access-Control-Allow-Methods')
    if (!methods?.some((method) => method === 'POST' || method === '*'))
      symptoms.push(
        warn(
          'cors-methods-incomplete',
          'The preflight does not name POST in Access-Control-Allow-Methods; browsers let POST pass all the same',
          'Access-Control-Allow-Methods: POST, OPTIONS',
        ),
      )
    if (!/^[1-9]\d*$/.test(headerOf(answer, 'Access-Control-Max-Age') ?? ''))
      symptoms.push(
        warn(
          'cors-max-age-missing',
          'The preflight says not how long it holds, so that browsers ask again all the time',
          'Access-Control-Max-Age: 7200',
        ),
      )
  } else {
    const exposed = tokens(answer, 'Access-Control-Expose-Headers') ?? []
    if (!exposed.some((name) => name === '*' || name.toLowerCase() === 'retry-after'))
      symptoms.push(
        warn(
          'expose-headers-missing',
          'Answers do not expose Retry-After, so that a page cannot see when it may try again',
          'Access-Control-Expose-Headers: Retry-After, RateLimit, RateLimit-Policy, X-Request-Id',
        ),
      )
  }
  return symptoms
}
