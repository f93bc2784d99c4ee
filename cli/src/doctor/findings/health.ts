import {
  TIMESTAMP_MAX_AGE_SECONDS,
  TIMESTAMP_MAX_AHEAD_SECONDS,
  type WarningCode,
} from '@opsmantik/tracker/contract'
import { isCached, isHtml } from '../probe/browser.js'
import { curl } from '../../probe/curl.js'
import { headerOf, type Observation } from '../../probe/node/observe.js'
import { networkSymptom } from './network.js'
import { good, symptom } from './symptom.js'
import type { FindingId } from './ids.js'
import type { Symptom, Whose } from '../types.js'

interface Warning {
  /** Empty if the server gives none. */
  code: string
  message: string
}

/** Reads `warnings` of health. A server that lists plain sentences gets them shown, and nothing is decided by them. */
const warningsOf = ({ json }: Observation): Warning[] => {
  const list: unknown = json?.['warnings']
  return Array.isArray(list)
    ? list.map((one: unknown) =>
        typeof one === 'string'
          ? { code: '', message: one }
          : { code: String(Object(one).code ?? ''), message: String(Object(one).message ?? '') },
      )
    : []
}

const messagesOf = (health: Observation, ...codes: WarningCode[]): string[] =>
  warningsOf(health).flatMap(({ code, message }) =>
    codes.includes(code as WarningCode) ? [message] : [],
  )

export const isListOpen = (health: Observation): boolean =>
  messagesOf(health, 'ORIGIN_WILDCARD').length > 0

export const endedEntries = (health: Observation): string[] => messagesOf(health, 'ORIGIN_ENDED')

/** Warnings that have a finding of their own. */
const FOUND_OTHERWISE: readonly WarningCode[] = [
  'SIGNING_DISABLED',
  'LIMITER_DEGRADED',
  'ORIGIN_ENDING',
  'ORIGIN_ENDED',
]

export const isSigningOff = (health: Observation): boolean =>
  health.json?.['signing_disabled'] === true

/** What health says of itself. `isServing`: the other endpoints answer as they should. */
export const judgeHealth = (health: Observation, isServing: boolean): Symptom[] => {
  const make = (
    severity: 'error' | 'warning',
    id: FindingId,
    title: string,
    whose: Whose,
    fix: string,
    saw?: string,
  ): Symptom =>
    symptom(health, severity, id, title, {
      whose,
      fix,
      check: `${curl(health.sending)}   # expect 200 and "ok":true`,
      ...(saw === undefined ? {} : { saw }),
    })
  if (health.failure !== null) return [{ ...networkSymptom(health), id: 'health-no-answer' }]
  const { json, status } = health
  const isOurs = json !== null && ('db_ok' in json || 'ok' in json)
  if (!isOurs)
    return [
      make(
        isServing ? 'warning' : 'error',
        'health-not-ours',
        `GET /api/health is answered by something else (${status}${isHtml(health) ? ', an HTML page' : ''}): a gateway, a login or another application, or this is not the console`,
        'gateway',
        'location /api/ { proxy_pass http://<the server>; }   # and no login on /api/health; or give the right console URL',
      ),
    ]
  if (json['db_ok'] === false || (json['ok'] === false && json['db_ok'] !== true))
    return [
      make(
        'error',
        'database-unavailable',
        'The database does not answer: no event can be recorded, trackers keep theirs and try again',
        'server',
        'DATABASE_URL=<address of a database that answers>   # look whether the database runs, has room and takes connections',
      ),
    ]
  const symptoms: Symptom[] = []
  if (isCached(health))
    symptoms.push(
      make(
        'warning',
        'health-cached',
        'A cache answers GET /api/health: what it says may be of yesterday, and monitors are misled',
        'gateway',
        'No cache on /api/*   # the server sends Cache-Control: no-store; find the rule that overrides it',
      ),
    )
  if (status !== 200 || json['ok'] === false)
    symptoms.push(
      make(
        'error',
        'health-failing',
        `The server says of itself that it is not well (${status})`,
        'server',
        'Look at the server’s log',
      ),
    )
  if (isSigningOff(health))
    symptoms.push(
      make(
        'warning',
        'signing-disabled',
        'Signatures are not verified: whoever knows an allowed origin can record events',
        'server',
        'Delete CALL_EVENT_SIGNING_DISABLED=1 and restart   # it is a rollback switch',
        '"signing_disabled": true',
      ),
    )
  if (json['limiter'] === 'degraded')
    symptoms.push(
      make(
        'warning',
        'limiter-degraded',
        'Redis does not answer: each process counts in its own memory and allows a fifth, so that busy sites are refused with 429',
        'server',
        'REDIS_URL=<address of a Redis that answers>   # or UPSTASH_REDIS_REST_URL and _TOKEN; look whether it runs',
        '"limiter": "degraded"',
      ),
    )
  const ofList = messagesOf(health, 'ORIGIN_ENDING', 'ORIGIN_ENDED')
  if (ofList.length > 0)
    symptoms.push(
      make(
        'warning',
        'origin-list-ending',
        `An entry of the list of origins is on its way out: ${ofList.join('; ')}`,
        'allowlist',
        'ALLOWED_ORIGINS=<without that entry, or with a later ;until=YYYY-MM-DD>',
        ofList.join('; '),
      ),
    )
  const others = warningsOf(health).flatMap(({ code, message }) =>
    FOUND_OTHERWISE.includes(code as WarningCode) ? [] : [message || code],
  )
  if (others.length > 0)
    symptoms.push(
      make(
        'warning',
        'health-warnings',
        `The server warns: ${others.join('; ')}`,
        'server',
        'Do what each warning names, then restart',
        others.join('; '),
      ),
    )
  return symptoms.length > 0
    ? symptoms
    : [
        good(
          'health-good',
          'The server and its database are well',
          `version ${String(json['version'] ?? 'unknown')}`,
        ),
      ]
}

/** Seconds by which a clock may differ before somebody should be told: half of what the contract lets ahead. */
const NOTEWORTHY = 30

export interface Drift {
  /** Seconds that the server is ahead of this machine; null where it does not say. */
  server: number | null
  /** The same of whatever writes `Date`. */
  date: number | null
}

/** Half-way between asking and answering, by this machine's clock. */
const askedAt = ({ sentAt, answeredAt }: Observation): number => (sentAt + answeredAt) / 2_000

export const driftOf = (answer: Observation, ts: unknown): Drift => {
  const date = Date.parse(headerOf(answer, 'Date') ?? '')
  return {
    // `ts` and Date are cut to whole seconds: on average half a second short.
    server: typeof ts === 'number' && ts > 1e8 && ts < 1e12 ? ts + 0.5 - askedAt(answer) : null,
    date: Number.isNaN(date) ? null : date / 1000 + 0.5 - askedAt(answer),
  }
}

/** Whose clock is wrong: two witnesses against one. */
export const judgeClock = (health: Observation, others: readonly Drift[]): Symptom[] => {
  if (isCached(health)) return []
  const own = driftOf(health, health.json?.['ts'])
  const drift = own.server ?? own.date
  if (drift === null) return []
  const seconds = Math.round(Math.abs(drift))
  if (seconds <= NOTEWORTHY)
    return [
      good(
        'clock-good',
        'The clocks agree',
        `server and this machine within ${Math.ceil(Math.abs(drift))} s`,
      ),
    ]
  // A gateway writes its own Date; the reference server writes both by one clock.
  const witnesses = [
    ...(own.server !== null && own.date !== null && Math.abs(own.date - own.server) > NOTEWORTHY
      ? [own.date]
      : []),
    ...others.flatMap(({ date }) => (date === null ? [] : [date])),
  ]
  const forUs = witnesses.filter((witness) => Math.abs(witness) <= NOTEWORTHY).length
  const forServer = witnesses.filter((witness) => Math.abs(witness - drift) <= NOTEWORTHY).length
  const who =
    forUs > forServer
      ? 'the server’s clock is wrong (others agree with this machine)'
      : forServer > forUs
        ? 'this machine’s clock is wrong (others agree with the server)'
        : 'one of the two is wrong'
  // Who has the right time signs with it: too old for a server that is ahead, too new for one behind.
  const isRefused = drift > TIMESTAMP_MAX_AGE_SECONDS || -drift > TIMESTAMP_MAX_AHEAD_SECONDS
  return [
    symptom(
      health,
      isRefused ? 'error' : 'warning',
      'clock-differs',
      `The server’s clock is ${seconds} s ${drift > 0 ? 'ahead of' : 'behind'} this machine’s; ${who}${isRefused ? ': signatures of whoever has the other time are refused' : ''}`,
      {
        whose: 'clock',
        fix: 'timedatectl set-ntp true   # on the machine whose clock is wrong (a container has its host’s clock)',
        saw: `"ts": ${String(health.json?.['ts'])}, Date: ${headerOf(health, 'Date')}, this machine: ${Math.round(askedAt(health))}`,
        check: `echo $(( $(curl -sS '${health.sending.url}' | sed 's/.*"ts":\\([0-9]*\\).*/\\1/') - $(date +%s) ))   # expect between -30 and 30`,
      },
    ),
  ]
}
