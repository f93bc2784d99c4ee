import { LIVE } from '@opsmantik/tracker/contract'
import { isHtml, isRedirect } from '../probe/browser.js'
import { curl } from '../../probe/curl.js'
import { headerOf } from '../../probe/node/observe.js'
import { upgradeTo, type Handshake } from '../probe/handshake.js'
import { networkSymptom } from './network.js'
import { codeOf, saysOriginRefused } from './refusals.js'
import { STRANGER } from '../probe/requests.js'
import type { Run } from '../probe/run.js'
import { good, symptom } from './symptom.js'
import type { FindingId } from './ids.js'
import type { Symptom, Whose } from '../types.js'
import { addOrigin } from './words.js'

export interface LiveLook {
  own: Handshake
  stranger: Handshake
  /** From the console's own origin. */
  self: Handshake
}

const PROTOCOL = 'ops.live.v1'

export const lookAtLive = async (run: Run): Promise<LiveLook> => {
  const { origin, liveToken } = run.settings
  const shake = (from: string): Promise<Handshake> =>
    run.shake(
      upgradeTo(run.base + LIVE, from, liveToken === null ? [] : [PROTOCOL, `token.${liveToken}`]),
    )
  const [own, stranger, self] = await Promise.all([
    shake(origin),
    shake(STRANGER),
    shake(new URL(run.base).origin),
  ])
  return { own, stranger, self }
}

const UPGRADE_LINES =
  'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade"; proxy_read_timeout 3600s;   # nginx, in a location /api/live of its own'

/** RFC 6455, 7.4.1. */
const MEANING: Record<number, string> = {
  1000: 'a normal end',
  1001: 'the server is going away',
  1002: 'protocol error',
  1003: 'data it cannot take',
  1005: 'no code at all',
  1006: 'cut without a word',
  1008: 'refused by a policy',
  1009: 'too big',
  1011: 'the server failed',
  1012: 'the server restarts',
  1013: 'try again later',
}

/**
 * A 403 in a library's words, or in none, comes from WebSocket code with a list of its own: a gateway would send a page.
 * So does one that another origin does not get.
 */
const isBare403 = (own: Handshake, self: Handshake): boolean =>
  codeOf(own) === null &&
  (own.status === 403 || own.status === 401) &&
  ((own.status === 403 && !own.text.includes('<')) ||
    self.status === 101 ||
    codeOf(self) === 'LIVE_TOKEN_REQUIRED')

/** @param allows whether the same server lets this origin send events; null where that could not be seen */
export const judgeLive = (
  { own, stranger, self }: LiveLook,
  run: Run,
  allows: boolean | null,
): Symptom[] => {
  const { origin, liveToken, liveTokenName } = run.settings
  const request = curl({
    ...own.sending,
    headers: {
      ...own.sending.headers,
      ...(liveToken === null ? {} : { 'Sec-WebSocket-Protocol': `${PROTOCOL}, token.TOKEN` }),
    },
  })
    .replace('curl -sS -i', 'curl -sS -i -N --http1.1 -m 5')
    .replace("token.TOKEN'", () => `token.'"$${liveTokenName}"`)
  const wanted =
    liveToken === null
      ? '401 LIVE_TOKEN_REQUIRED: the origin is allowed, the token is missing'
      : '101'
  const make = (
    severity: 'error' | 'warning',
    id: FindingId,
    title: string,
    whose: Whose,
    fix: string,
  ): Symptom[] => [
    symptom(own, severity, id, title, {
      whose,
      fix,
      request,
      check: `${request}   # expect ${wanted}`,
      ...(own.status === 101
        ? {
            saw: `101, ${own.invalid ?? (own.closed === null ? 'and it stays open' : `then closed with ${own.closed.code} "${own.closed.reason}"`)}`,
          }
        : {}),
    }),
  ]
  const open = judgeStranger(stranger, run, request)
  if (own.failure !== null)
    return own.failure.phase === 'answer' && own.failure.code === 'TIMEOUT'
      ? make(
          'error',
          'live-no-answer',
          'The WebSocket handshake is not answered: something on the way holds it back, and the browser reports 1006',
          'gateway',
          UPGRADE_LINES,
        )
      : [{ ...networkSymptom(own), id: 'live-connection-cut' }]

  if (own.status === 101) {
    if (own.invalid !== null)
      return make(
        'error',
        'live-handshake-invalid',
        `The WebSocket is opened in a way that browsers refuse: "${own.invalid}"`,
        'server',
        'A WebSocket library that answers the handshake after RFC 6455, and a gateway that changes none of its headers',
      )
    if (own.closed === null)
      return liveToken === null
        ? make(
            'error',
            'live-open-without-token',
            'The live feed opens without a token: whoever knows an allowed origin can read what visitors do',
            'server',
            'LIVE_TOKEN=<a long random value>   # and refuse with 401 without it',
          )
        : open.length > 0
          ? open
          : [good('live-good', 'The live feed opens for this origin and stays open')]
    const { code, reason } = own.closed
    if (code === 1008 || (code !== 1013 && /origin/i.test(reason)))
      return make(
        'error',
        'live-closed-1008',
        `The WebSocket is opened and then closed with ${code} "${reason}": the server checks the origin after the handshake${allows === true ? ', against another list than the one for events' : ''}`,
        'allowlist',
        `${addOrigin(origin)}\nIts WebSocket code may have a list or variable of its own (such as FRONTEND_URL) that still holds the old domain.`,
      )
    if (code === 1013)
      return make(
        'warning',
        'live-closed-1013',
        'The WebSocket is opened and closed with 1013: the server cannot keep up now, the console may come back with ?after=<id>',
        'server',
        'Look at the server’s load; more processes share the readers (REDIS_URL)',
      )
    if (code === 1006)
      return make(
        'error',
        'live-dropped',
        'The WebSocket is opened and then cut without a close frame (1006): the server crashed, or a gateway does not keep such connections',
        'gateway',
        UPGRADE_LINES,
      )
    return make(
      code === 1001 || code === 1012 ? 'warning' : 'error',
      'live-closed',
      `The WebSocket is opened and closed at once with ${code} (${MEANING[code] ?? 'a code of its own'})${reason === '' ? '' : ` "${reason}"`}`,
      'server',
      'Look at the server’s log of this moment',
    )
  }

  const code = codeOf(own)
  if (code === 'LIVE_TOKEN_REQUIRED')
    return liveToken === null
      ? open.length > 0
        ? open
        : [
            good(
              'live-good',
              'The live feed knows this origin and asks for its token',
              '401 LIVE_TOKEN_REQUIRED',
            ),
          ]
      : make(
          'error',
          'live-token-wrong',
          'The live feed refuses the token',
          'secret',
          `${liveTokenName}=<the server’s LIVE_TOKEN, exactly>`,
        )
  if (code === 'ORIGIN_REQUIRED')
    return make(
      'error',
      'origin-header-stripped',
      'The server received no Origin header with the handshake, though one was sent',
      'gateway',
      'proxy_set_header Origin $http_origin;   # nginx, in location /api/live',
    )
  if (saysOriginRefused(own) || isBare403(own, self))
    return allows === true
      ? make(
          'error',
          'live-lists-differ',
          `The WebSocket handshake is refused with 403 (browsers report 1006) for ${origin}, which may send events: two lists are in use that have drifted apart`,
          'allowlist',
          addOrigin(origin),
        )
      : make(
          'error',
          'live-origin-refused',
          `The WebSocket handshake is refused with 403: ${origin} is not in the list, and browsers report only 1006`,
          'allowlist',
          addOrigin(origin),
        )
  if (code === 'NOT_FOUND')
    return [
      good('live-off', 'There is no live feed here: the server has no LIVE_TOKEN', '404 NOT_FOUND'),
    ]
  if (code === 'UPGRADE_REQUIRED' || own.status === 426)
    return make(
      'error',
      'live-upgrade-stripped',
      'The server was asked for the live feed without an upgrade (426): the gateway does not pass the Upgrade header on',
      'gateway',
      UPGRADE_LINES,
    )
  if (isRedirect(own))
    return make(
      'error',
      'live-redirected',
      `The WebSocket handshake is redirected to ${headerOf(own, 'Location') ?? 'nowhere'}: browsers do not follow`,
      'gateway',
      'No redirect on /api/live: give the console the address at its end',
    )
  if (own.status === 404)
    return make(
      'warning',
      'live-missing',
      'There is no live feed at /api/live (404), or the gateway does not route it',
      'gateway',
      `location /api/live { proxy_pass http://<the server>; ${UPGRADE_LINES.split('   #')[0]} }`,
    )
  if (code === null)
    return make(
      'error',
      'live-upgrade-refused',
      `The WebSocket handshake is answered ${own.status}${isHtml(own) ? ' with a page of HTML' : ''} by something before the server: browsers report 1006`,
      'gateway',
      own.status === 403 || own.status === 401
        ? `Exempt /api/live from the login or firewall rule, and: ${UPGRADE_LINES}`
        : UPGRADE_LINES,
    )
  return make(
    'error',
    'live-unexpected-answer',
    `The WebSocket handshake is answered ${own.status} ${code}: browsers report 1006`,
    'server',
    'Look at the server’s log for the X-Request-Id of this answer',
  )
}

const judgeStranger = (stranger: Handshake, run: Run, request: string): Symptom[] =>
  stranger.status === 101 && stranger.invalid === null && stranger.closed === null
    ? [
        symptom(
          stranger,
          'error',
          'live-origin-not-enforced',
          `The live feed opens for ${STRANGER} too: any page whose visitor has the token can read it`,
          {
            whose: 'server',
            fix: 'Refuse in the handshake, with 403, what has an Origin that is not in ALLOWED_ORIGINS',
            saw: '101, and it stays open',
            request: request.replace(run.settings.origin, STRANGER),
          },
        ),
      ]
    : []
