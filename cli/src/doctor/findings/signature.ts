import {
  CALL_EVENT_V2,
  sign,
  SIGNATURE_HEADER,
  SITE_ID_HEADER,
  TIMESTAMP_HEADER,
} from '@opsmantik/tracker/contract'
import { isRedirect } from '../probe/browser.js'
import { signedCurl } from '../../probe/signed-curl.js'
import type { Observation } from '../../probe/node/observe.js'
import { codeOf, notTheServer } from './refusals.js'
import { NOTHING, ODD_NOTHING, postOf } from '../probe/requests.js'
import type { Run } from '../probe/run.js'
import { good, symptom } from './symptom.js'
import type { FindingId } from './ids.js'
import type { Symptom } from '../types.js'

const send = async (
  run: Run,
  site: string,
  secret: string,
  body: string,
  ts: number,
): Promise<Observation> => {
  const sending = postOf(run.base + CALL_EVENT_V2, null, body)
  const signature = await sign(secret, String(ts), new TextEncoder().encode(body))
  const answer = await run.send({
    ...sending,
    headers: {
      ...sending.headers,
      [SITE_ID_HEADER]: site,
      [TIMESTAMP_HEADER]: String(ts),
      [SIGNATURE_HEADER]: signature,
    },
  })
  // The report shows how to sign it anew: a signature grows old, and says too much about the secret's owner.
  return { ...answer, sending }
}

export interface SecretLook {
  symptoms: Symptom[]
  /** A signature under this secret was found good; null where that could not be seen. */
  isGood: boolean | null
}

/** A body that no JSON library leaves as it is, and one that all do: both signed, neither an event. */
export const lookAtSecret = async (run: Run, isSigningOff: boolean): Promise<SecretLook> => {
  const { siteId, secret, secretName, now } = run.settings
  if (siteId === null || secret === null) return { symptoms: [], isGood: null }
  if (isSigningOff)
    return {
      symptoms: [
        good(
          'secret-not-checked',
          'The secret was not looked at, because signatures are not verified',
        ),
      ],
      isGood: null,
    }
  const here = Math.floor(now() / 1000)
  const ask = (body: string, ts: number, key = secret): Promise<Observation> =>
    send(run, siteId, key, body, ts)
  let [plain, odd] = await Promise.all([ask(NOTHING, here), ask(ODD_NOTHING, here)])
  const symptoms: Symptom[] = []
  const say = (
    answer: Observation,
    id: FindingId,
    title: string,
    whose: NonNullable<Symptom['whose']>,
    fix: string,
  ): Symptom => {
    const line = signedCurl(answer.sending, siteId, secretName)
    return symptom(answer, 'error', id, title, {
      whose,
      fix,
      request: line,
      check: `${line}   # expect 400 INVALID_BODY: the signature is good, the event empty`,
    })
  }

  const theirs = plain.json?.['server_ts']
  if (codeOf(plain) === 'SIGNATURE_TIMESTAMP_INVALID' && typeof theirs === 'number') {
    const refused = plain
    ;[plain, odd] = await Promise.all([ask(NOTHING, theirs), ask(ODD_NOTHING, theirs)])
    const isRight = codeOf(plain) !== 'SIGNATURE_INVALID'
    symptoms.push(
      say(
        refused,
        'clock-refuses-signature',
        `A signature made by this machine’s clock is refused: it is ${Math.abs(theirs - here)} s ${theirs > here ? 'behind' : 'ahead of'} the server’s${isRight ? '; signed by the server’s clock the same secret is good' : ''}`,
        'clock',
        'timedatectl set-ntp true   # on whichever machine’s clock is wrong: compare both with date -u',
      ),
    )
  }

  if (codeOf(plain) === 'SIGNATURE_REQUIRED')
    symptoms.push(
      say(
        plain,
        'signature-headers-stripped',
        'The server received a signed request without its signature: something on the way removes or doubles X-Ops-* headers',
        'gateway',
        'proxy_pass_request_headers on;   # let X-Ops-Site-Id, X-Ops-Ts and X-Ops-Signature through, unchanged and once',
      ),
    )
  else if (codeOf(plain) === 'SIGNATURE_INVALID' && symptoms.length > 0)
    symptoms.push({
      ...say(
        plain,
        'secret-not-proven',
        'Signed by the server’s own clock, the signature is refused as well: the secret is wrong, or the database’s clock differs from the server’s',
        'secret',
        `${secretName}=<the site’s current secret>   # but mend the clocks first, the database’s too: select now()`,
      ),
      severity: 'warning',
    })
  else if (codeOf(plain) === 'SIGNATURE_INVALID')
    symptoms.push(
      await wrongSecret(say, plain, secret, secretName, (key) => ask(NOTHING, here, key)),
    )
  else if (codeOf(odd) === 'SIGNATURE_INVALID')
    symptoms.push(
      say(
        odd,
        'body-rewritten',
        'A signed body that is spaced in an unusual way no longer verifies: something between here and the server writes the JSON anew',
        'gateway',
        'Hand the body through as the bytes that came   # switch off body transformation, JSON parsing or "sanitising" in the gateway or firewall',
      ),
    )
  else if (plain.status !== 400) {
    // A redirect or a stranger's answer is told once, by the look at the endpoint itself.
    const other = isRedirect(plain) ? null : notTheServer(plain, 'POST')
    if (other !== null) symptoms.push(other)
    else if (!isRedirect(plain) && codeOf(plain) !== 'ORIGIN_REQUIRED')
      symptoms.push(
        say(
          plain,
          'signed-unexpected-answer',
          `A signed, empty event is answered ${plain.status} instead of 400`,
          'server',
          'Look at the server’s log for the X-Request-Id of this answer',
        ),
      )
  }
  const isGood = codeOf(plain) === 'SIGNATURE_INVALID' ? false : plain.status === 400 ? true : null
  return {
    symptoms:
      symptoms.length > 0
        ? symptoms
        : [good('secret-good', 'The secret is right: a signature under it is good')],
    isGood,
  }
}

/** Wrong, or only pasted with what is not part of it. */
const wrongSecret = async (
  say: (answer: Observation, id: FindingId, title: string, whose: 'secret', fix: string) => Symptom,
  answer: Observation,
  secret: string,
  name: string,
  ask: (key: string) => Promise<Observation>,
): Promise<Symptom> => {
  const bare = secret
    .trim()
    .replace(/^(["'])(.*)\1$/s, '$2')
    .replaceAll(/[\s\u200b\ufeff]+/g, '')
  if (bare !== secret && bare !== '' && codeOf(await ask(bare)) !== 'SIGNATURE_INVALID')
    return say(
      answer,
      'secret-has-extra-characters',
      'The secret is right but for white space or quotes around or in it, which count as part of it',
      'secret',
      `${name}=<the secret, without quotes, spaces or a line break>`,
    )
  return say(
    answer,
    'secret-wrong',
    'The signature is refused: the secret is not this site’s, or there is no such site (servers do not tell which)',
    'secret',
    `${name}=<the site’s current secret>   # npx @opsmantik/reference-server site list shows the ids; secret rotate <site> makes a new secret`,
  )
}
