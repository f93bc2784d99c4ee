import { corsCheck, isHtml, preflightCheck } from '../probe/browser.js'
import { headerOf, type Observation } from '../../probe/node/observe.js'
import { codeOf } from './refusals.js'
import { NOTHING, STRANGER, UNSAFE_HEADERS } from '../probe/requests.js'
import { symptom } from './symptom.js'
import type { Symptom } from '../types.js'
import { KEEP } from './words.js'

interface Asked {
  preflights: Observation[]
  posts: Observation[]
  lookAlikes: { how: string; origin: string; answer: Observation }[]
}

/** Examines the response to an origin that cannot be in a list. `openList`: health says that the list has `*`. */
export const judgeStrangers = (asked: Asked, origin: string, openList: boolean): Symptom[] => {
  const passing = asked.preflights.filter(
    (answer) => preflightCheck(answer, STRANGER, UNSAFE_HEADERS) === null,
  )
  const taken = asked.posts.filter(isTaken)
  const open = [...passing, ...taken.filter((answer) => corsCheck(answer, STRANGER) === null)]
  if (open.length > 0) {
    const isStar = open.some((a) => headerOf(a, 'Access-Control-Allow-Origin') === '*')
    const isGateways =
      !openList && taken.length === 0 && asked.posts.some((a) => codeOf(a) === 'ORIGIN_NOT_ALLOWED')
    const list = `ALLOWED_ORIGINS=${origin}${KEEP.replace('keep what is there', 'and each other customer’s exact origin, without *').replace('<', ',<')}`
    return open.map((answer) =>
      symptom(
        answer,
        'error',
        isStar ? 'origin-wildcard' : 'origin-reflected',
        isStar
          ? 'Every origin in the world is allowed (Access-Control-Allow-Origin: *)'
          : `Every origin in the world is allowed: whatever asks is answered with its own name, ${STRANGER} too`,
        {
          whose: isGateways ? 'gateway' : openList || isStar ? 'allowlist' : 'server',
          fix: isGateways
            ? "Delete the gateway's own add_header Access-Control-* lines and let the server's stand"
            : list,
          check: `curl -sS -i -X OPTIONS -H 'Origin: ${STRANGER}' -H 'Access-Control-Request-Method: POST' '${answer.sending.url}'   # expect 403 and no Access-Control-*`,
        },
      ),
    )
  }
  const symptoms = taken.map((answer) =>
    symptom(
      answer,
      'error',
      'foreign-origin-not-refused',
      'A POST with a foreign Origin is not refused: the preflight alone is no guard, because text/plain needs none',
      {
        whose: 'server',
        fix: 'Check the Origin of the POST too, against the same list, before anything else',
      },
    ),
  )
  for (const answer of [...asked.preflights, ...asked.posts])
    if (
      answer.status >= 300 &&
      headerOf(answer, 'Access-Control-Allow-Origin') !== null &&
      corsCheck(answer, STRANGER) === null
    )
      symptoms.push(
        symptom(
          answer,
          'warning',
          'cors-on-refusal',
          'A refused origin is given CORS headers, so its page can read what only allowed origins may read',
          {
            whose: 'gateway',
            fix: "Delete the gateway's own add_header Access-Control-* lines and let the server's stand",
          },
        ),
      )
  for (const { how, origin: other, answer } of asked.lookAlikes)
    if (preflightCheck(answer, other, UNSAFE_HEADERS) === null)
      symptoms.push(
        symptom(
          answer,
          'error',
          'origin-match-too-loose',
          `${other} is allowed as well: an origin is compared by ${how}`,
          { whose: 'server', fix: 'Compare whole origins: new URL(entry).origin === origin' },
        ),
      )
  return symptoms
}

/** The step after the origin's answered: 401 for a missing signature, 400 for an empty body, or worse. */
const isTaken = (answer: Observation): boolean =>
  answer.sending.body === NOTHING &&
  ((answer.status >= 200 && answer.status < 300 && !isHtml(answer)) ||
    /^(SIGNATURE_|INVALID_)/.test(codeOf(answer) ?? ''))
