import { CALL_EVENT_V1, CALL_EVENT_V2 } from '@opsmantik/tracker/contract'
import { corsCheck } from '../probe/browser.js'
import type { Observation } from '../../probe/node/observe.js'
import {
  endedEntries,
  isListOpen,
  isSigningOff,
  judgeClock,
  judgeHealth,
  type Drift,
} from './health.js'
import { judgeLive, lookAtLive } from './live.js'
import { certificateWarning, networkSymptom } from './network.js'
import { listedInstead, originNotListed } from './origins.js'
import { judgeForged, judgePost, judgeWithoutOrigin, listsDiffer } from './posts.js'
import { judgePreflight, lookAtPreflight } from './preflights.js'
import {
  forgedPost,
  lookAlikesOf,
  PATHS,
  postOf,
  preflightOf,
  STRANGER,
} from '../probe/requests.js'
import type { Run } from '../probe/run.js'
import { lookAtSecret } from './signature.js'
import { judgeStrangers } from './strangers.js'
import { good } from './symptom.js'
import type { FindingId } from './ids.js'
import type { Symptom } from '../types.js'

export interface ConsoleLook {
  symptoms: Symptom[]
  clock: (others: readonly Drift[]) => Symptom[]
  secretIsGood: boolean | null
  isSigningOff: boolean
}

const isBad = ({ severity }: Symptom): boolean => severity !== 'ok'

/** All endpoints at once, then what the list holds instead, if it lacks the origin. */
export const lookAtConsole = async (run: Run, health: Observation): Promise<ConsoleLook> => {
  const { settings, base } = run
  const { origin } = settings
  const each = (make: (url: string) => Parameters<Run['send']>[0]): Promise<Observation[]> =>
    Promise.all(PATHS.map((path) => run.send(make(base + path))))
  const certificate = certificateWarning(health, settings.ca, settings.now(), run.left())
  const [preflights, posts, strangerPreflights, strangerPosts, lookAlikes, bare, forged, live] =
    await Promise.all([
      each((url) => preflightOf(url, origin)),
      each((url) => postOf(url, origin)),
      each((url) => preflightOf(url, STRANGER)),
      each((url) => postOf(url, STRANGER)),
      Promise.all(
        lookAlikesOf(origin).map(async (one) => ({
          ...one,
          answer: await run.send(preflightOf(base + CALL_EVENT_V1, one.origin)),
        })),
      ),
      run.send(postOf(base + CALL_EVENT_V2, null)),
      run.send(forgedPost(base + CALL_EVENT_V2, settings.now())),
      lookAtLive(run),
    ])
  const everything = [...preflights, ...posts]
  if (everything.every(({ status }) => status === 0))
    return {
      symptoms: [health, ...everything].flatMap((x) =>
        x.failure === null ? [] : [networkSymptom(x)],
      ),
      clock: () => [],
      secretIsGood: null,
      isSigningOff: false,
    }

  const isOff =
    isSigningOff(health) ||
    posts.some(
      (x, i) => PATHS[i] !== '/api/sync' && x.status === 400 && x.json?.['code'] === 'INVALID_BODY',
    )
  const looks = PATHS.map((path, i) => lookAtPreflight(path, preflights[i]!, origin))
  const failing = looks.find(({ refusal }) => refusal !== null)
  const isAllowedByPost = posts.some((post) => corsCheck(post, origin) === null)
  const [listed, secret] = await Promise.all([
    failing === undefined || isAllowedByPost ? [] : listedInstead(run, base + failing.path),
    lookAtSecret(run, isOff),
  ])

  const refused: Observation[] = []
  const gather = (answer: Observation, verdict: Symptom[] | 'refused'): Symptom[] => {
    if (verdict !== 'refused') return verdict
    refused.push(answer)
    return []
  }
  const atPreflights = looks.flatMap((look, i) =>
    gather(look.answer, judgePreflight(look, origin, strangerPreflights[i]!, listed.length > 0)),
  )
  const atPosts = PATHS.flatMap((path, i) =>
    gather(posts[i]!, judgePost(path, posts[i]!, origin, strangerPosts[i]!)),
  )
  // Where one path lets this origin in and another does not, the list is not one.
  const passes = looks.some(({ refusal }) => refusal === null)
  const notListed = refused.map((answer) =>
    passes
      ? listsDiffer(answer, origin)
      : originNotListed(answer, origin, listed, settings.oldOrigins, endedEntries(health)),
  )
  const strangers = judgeStrangers(
    { preflights: strangerPreflights, posts: strangerPosts, lookAlikes },
    origin,
    isListOpen(health),
  )
  const atV2 = judgeWithoutOrigin(bare, isOff)
  const isServing = atPreflights.length + atPosts.length + refused.length === 0
  const allows = refused.length > 0 ? false : passes ? true : null
  const atLive = judgeLive(live, run, allows)

  const nothingBad = (list: Symptom[], id: FindingId, title: string): Symptom[] =>
    list.some(isBad) ? list : [good(id, title)]
  return {
    symptoms: [
      ...judgeHealth(health, isServing),
      ...notListed,
      ...(refused.length > 0 && atPreflights.length === 0
        ? []
        : nothingBad(
            atPreflights,
            'preflights-good',
            'Preflights are answered as browsers want them',
          )),
      ...(refused.length > 0 && atPosts.length === 0
        ? []
        : nothingBad(atPosts, 'posts-good', 'The answers to events can be read by the page')),
      ...nothingBad(strangers, 'strangers-refused', 'Foreign origins are refused'),
      ...atV2,
      ...(isOff ? [] : judgeForged(forged)),
      ...secret.symptoms,
      ...atLive,
      ...(await certificate),
    ],
    clock: (others) => judgeClock(health, others),
    secretIsGood: secret.isGood,
    isSigningOff: isOff,
  }
}
