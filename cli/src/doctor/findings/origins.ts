import { corsCheck } from '../probe/browser.js'
import { curl } from '../../probe/curl.js'
import { headerOf, type Observation } from '../../probe/node/observe.js'
import { preflightOf, variantsOf } from '../probe/requests.js'
import type { Run } from '../probe/run.js'
import { symptom } from './symptom.js'
import type { Symptom } from '../types.js'
import { addOrigin, EXPECT_204 } from './words.js'

/** Which of the origins that people mix up with this one, or that it had before, are in the list. */
export const listedInstead = async (run: Run, url: string): Promise<string[]> => {
  const { origin, oldOrigins } = run.settings
  const others = [...new Set([...oldOrigins, ...variantsOf(origin)])].filter((o) => o !== origin)
  const answers = await Promise.all(others.map((other) => run.send(preflightOf(url, other))))
  return others.filter((other, i) => {
    const answer = answers[i]!
    // A wildcard is another finding.
    return (
      headerOf(answer, 'Access-Control-Allow-Origin') !== '*' && corsCheck(answer, other) === null
    )
  })
}

const difference = (origin: string, other: string): string => {
  const [a, b] = [new URL(origin), new URL(other)]
  if (a.hostname !== b.hostname) {
    const isWww = a.hostname.replace(/^www\./, '') === b.hostname.replace(/^www\./, '')
    return isWww ? (b.hostname.startsWith('www.') ? 'with www' : 'without www') : 'another name'
  }
  return a.protocol === b.protocol
    ? 'another port'
    : `${b.protocol.slice(0, -1)}, not ${a.protocol.slice(0, -1)}`
}

/** The list lacks this origin: which entry is there, which is missing. */
export const originNotListed = (
  answer: Observation,
  origin: string,
  listed: readonly string[],
  oldOrigins: readonly string[],
  endedEntries: readonly string[],
): Symptom => {
  const old = listed.filter((other) => oldOrigins.includes(other))
  const near = listed.filter((other) => !oldOrigins.includes(other))
  const there = [
    ...near.map((other) => `${other} is (${difference(origin, other)})`),
    ...old.map((other) => `the old ${other} still is`),
  ]
  const title =
    old.length > 0
      ? `${origin} is not in the list, but the old ${old.join(' and ')} still is: the variable was not changed with the domain, or the server not restarted since`
      : `${origin} is not in the list of allowed origins${there.length > 0 ? `; ${there.join(', ')}: each is an origin of its own` : ''}`
  const ended =
    endedEntries.length > 0
      ? `\nHealth says "${endedEntries.join('", "')}": if that is the entry for it, take its ;until=… away.`
      : ''
  return symptom(answer, 'error', 'origin-not-listed', title, {
    whose: 'allowlist',
    fix: addOrigin(origin) + ended,
    check: `${curl(answer.sending)}   # ${answer.sending.method === 'OPTIONS' ? EXPECT_204 : 'expect 401 or 400, with Access-Control-Allow-Origin'}`,
  })
}
