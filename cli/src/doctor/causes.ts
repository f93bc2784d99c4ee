import type { Symptom } from './types.js'

/** What follows from a cause and would only distract from it: ids, by the id of the cause. */
const FOLLOWS: Record<string, RegExp> = {
  'origin-header-stripped':
    /^(cors-headers-missing|cors-answers-.*|origin-not-listed|origin-lists-differ|foreign-origin-not-refused|live-(origin-refused|lists-differ))$/,
  'origin-header-rewritten':
    /^(cors-headers-missing|cors-answers-.*|origin-not-listed|origin-lists-differ|v2-needs-origin|live-(origin-refused|lists-differ))$/,
  'invalid-body-accepted':
    /^(foreign-origin-not-refused|signature-not-verified|signed-unexpected-answer)$/,
  'no-answer': /^(health|live)-(no-answer|connection-cut)$/,
  'connection-cut': /^(health|live)-(no-answer|connection-cut)$/,
  'proxy-swallows': /^proxy-takes-foreign-origins$/,
  'body-rewritten': /^proxy-(reserialises|signature-refused)$/,
  'signature-headers-stripped': /^proxy-does-not-sign$/,
}

/** With these, something else answers; then it answers for health and for the live feed too. */
const SOMETHING_ELSE =
  /^(html-answer|endpoint-missing|blocked-by-firewall|server-error|needs-login|redirect-.*)$/

export const withoutConsequences = (symptoms: readonly Symptom[]): Symptom[] => {
  const errors = symptoms.filter(({ severity }) => severity === 'error').map(({ id }) => id)
  const isElsewhere =
    errors.includes('health-not-ours') && errors.some((id) => SOMETHING_ELSE.test(id))
  return symptoms.filter(
    ({ id }) =>
      !errors.some((cause) => FOLLOWS[cause]?.test(id)) &&
      !(isElsewhere && /^(health-not-ours|live-(upgrade-refused|missing|redirected))$/.test(id)),
  )
}
