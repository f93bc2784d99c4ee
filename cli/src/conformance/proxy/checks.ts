import type { Check } from '../check.js'
import { answerChecks } from './answer-checks.js'
import { forwardingChecks } from './forwarding-checks.js'
import { originChecks } from './origin-checks.js'
import type { ProxyTarget } from './proxy.js'
import { refusalChecks } from './refusal-checks.js'

/** Every check of a first-party proxy. */
export const proxyChecks: readonly Check<ProxyTarget>[] = [
  ...forwardingChecks,
  ...refusalChecks,
  ...answerChecks,
  ...originChecks,
]
