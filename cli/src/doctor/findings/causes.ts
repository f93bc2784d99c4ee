import type { Symptom } from '../types.js'
import { REDIRECT_IDS, type FindingId } from './ids.js'

/** What a server says of an origin that it did not receive as it was sent. */
const OF_ANOTHER_ORIGIN = [
  'cors-headers-missing',
  'cors-answers-another-origin',
  'cors-answers-fixed-origin',
  'origin-not-listed',
  'origin-lists-differ',
  'live-origin-refused',
  'live-lists-differ',
] as const satisfies FindingId[]

const UNANSWERED = ['health-no-answer', 'live-no-answer', 'live-connection-cut'] as const

/** Findings that follow from a cause and would only distract from it, by the id of the cause. */
const FOLLOWS: Partial<Record<FindingId, readonly FindingId[]>> = {
  'origin-header-stripped': [...OF_ANOTHER_ORIGIN, 'foreign-origin-not-refused'],
  'origin-header-rewritten': [...OF_ANOTHER_ORIGIN, 'v2-needs-origin'],
  'invalid-body-accepted': [
    'foreign-origin-not-refused',
    'signature-not-verified',
    'signed-unexpected-answer',
  ],
  'no-answer': UNANSWERED,
  'connection-cut': UNANSWERED,
  'proxy-swallows': ['proxy-takes-foreign-origins'],
  'body-rewritten': ['proxy-reserialises', 'proxy-signature-refused'],
  'signature-headers-stripped': ['proxy-does-not-sign'],
}

/** With these, something else answers; then it answers for health and for the live feed too. */
const SOMETHING_ELSE: readonly FindingId[] = [
  'html-answer',
  'endpoint-missing',
  'blocked-by-firewall',
  'server-error',
  'needs-login',
  ...REDIRECT_IDS,
]
const OF_SOMETHING_ELSE: readonly FindingId[] = [
  'health-not-ours',
  'live-upgrade-refused',
  'live-missing',
  'live-redirected',
]

/** Returns the symptoms without those that follow from others. */
export const withoutConsequences = (symptoms: readonly Symptom[]): Symptom[] => {
  const errors = symptoms.filter(({ severity }) => severity === 'error').map(({ id }) => id)
  const isElsewhere =
    errors.includes('health-not-ours') && errors.some((id) => SOMETHING_ELSE.includes(id))
  return symptoms.filter(
    ({ id }) =>
      !errors.some((cause) => FOLLOWS[cause]?.includes(id)) &&
      !(isElsewhere && OF_SOMETHING_ELSE.includes(id)),
  )
}
