import { CALL_EVENT_V1, CALL_EVENT_V2, SYNC } from '@opsmantik/tracker/contract'
import { curl } from '../../probe/curl.js'
import { printable } from '../../probe/printable.js'
import { headerOf, type Observation } from '../../probe/node/observe.js'
import { STRANGER } from '../probe/requests.js'
import { EXPECT_204 } from './words.js'
import type { FindingId } from './ids.js'
import type { Finding, Severity, Symptom } from '../types.js'

const SHOWN = 160

/** `POST /api/sync`. */
export const whereOf = ({ sending }: Observation): string => {
  const { pathname, search } = new URL(sending.url)
  return `${sending.method} ${pathname}${search.replace(/token=[^&]*/, 'token=…')}`
}

/** An answer in one line: status, what it is, how it begins. */
export const describe = (answer: Observation): string => {
  if (answer.status === 0 && answer.failure !== null)
    return `no answer (${answer.failure.code}: ${answer.failure.message})`
  const location = headerOf(answer, 'Location')
  const allow = headerOf(answer, 'Access-Control-Allow-Origin')
  const type = headerOf(answer, 'Content-Type')
  const code = answer.json?.['code']
  const body = answer.text.replaceAll(/\s+/g, ' ').trim()
  return [
    `${answer.status}`,
    typeof code === 'string' ? ` ${code.slice(0, SHOWN)}` : '',
    location === null ? '' : ` to ${location}`,
    allow === null ? '' : `, Access-Control-Allow-Origin: ${allow}`,
    typeof code !== 'string' && type !== null ? `, ${type}` : '',
    typeof code !== 'string' && body !== ''
      ? `, ${body.slice(0, SHOWN)}${body.length > SHOWN ? '…' : ''}`
      : '',
    answer.failure === null ? '' : `, and then ${answer.failure.message}`,
  ].join('')
}

/** What the same request is answered with where all is well. */
const expectation = ({ sending }: Observation): string => {
  const { method, headers } = sending
  const { pathname } = new URL(sending.url)
  const origin = headers['Origin']
  if (headers['Upgrade'] !== undefined) return 'expect 101, or 401 LIVE_TOKEN_REQUIRED'
  if (method === 'GET') return 'expect 200'
  if (origin === STRANGER) return 'expect 403 and no Access-Control-*'
  if (method === 'OPTIONS') return EXPECT_204
  const cors = origin === undefined ? '' : ', with Access-Control-Allow-Origin'
  if (pathname.endsWith(SYNC)) return `expect 400 INVALID_BODY${cors}`
  if (pathname.endsWith(CALL_EVENT_V1) || pathname.endsWith(CALL_EVENT_V2))
    return `expect 401 SIGNATURE_REQUIRED${cors}`
  return 'expect 400 INVALID_BODY: signed and understood, and no event'
}

/** A symptom of one exchange: what was seen and the line that repeats it. */
export const symptom = (
  answer: Observation,
  severity: Severity,
  id: FindingId,
  title: string,
  more: Partial<Symptom> = {},
): Symptom => ({
  id,
  severity,
  title,
  where: whereOf(answer),
  saw: describe(answer),
  request: curl(answer.sending),
  ...(severity === 'ok' ? {} : { check: `${curl(answer.sending)}   # ${expectation(answer)}` }),
  ...more,
})

/** What was found good, in one sentence. */
export const good = (id: FindingId, title: string, saw = ''): Symptom => ({
  id,
  severity: 'ok',
  title,
  where: '',
  saw,
})

const RANK: Record<Severity, number> = { error: 0, warning: 1, ok: 2 }

/** The same cause at several places is one finding; the first symptom of each is the one that speaks. */
export const findingsOf = (symptoms: readonly Symptom[]): Finding[] => {
  const byId = new Map<string, Symptom[]>()
  for (const one of symptoms) byId.set(one.id, [...(byId.get(one.id) ?? []), one])
  return [...byId.values()]
    .map((all): Finding => {
      const first = all[0]!
      // Both may quote what a server wrote. The lines of `fix` and `check` are ours.
      const saws = new Map<string, string[]>()
      for (const { saw, where } of all) {
        const shown = printable(saw)
        saws.set(shown, [...(saws.get(shown) ?? []), where])
      }
      const seen = [...saws].map(([saw, wheres]) =>
        [[...new Set(wheres)].filter(Boolean).join(', '), saw].filter(Boolean).join(': '),
      )
      return {
        id: first.id,
        severity: first.severity,
        title: printable(first.title),
        seen: seen.join('\n'),
        request: first.request ?? null,
        whose: first.whose ?? null,
        fix: first.fix ?? null,
        check: first.check ?? (first.severity === 'ok' ? null : (first.request ?? null)),
      }
    })
    .sort((a, b) => RANK[a.severity] - RANK[b.severity])
}
