/**
 * Codes that the reference server uses in `warnings` of health (contract section 11), each with its meaning. Another
 * server may use other codes.
 */
export const WARNINGS = {
  SIGNING_DISABLED: 'Signatures are not verified (section 4)',
  ORIGIN_WILDCARD: 'The allowlist contains `*`',
  ORIGIN_ENDING: 'An entry of the allowlist ends within 7 days',
  ORIGIN_ENDED: 'An entry of the allowlist has ended and can be removed',
  LIMITER_DEGRADED: 'The shared store is lost; each process counts limits in its own memory',
  UPKEEP_FAILING: 'Work on the tables (months, retention) has failed for ten minutes or longer',
  DATA_NOT_KEPT: 'The database is in memory: nothing is kept when the server stops',
} as const

export type WarningCode = keyof typeof WARNINGS

/** One entry of `warnings`: `code` for programs, `message` for people. */
export interface HealthWarning {
  code: WarningCode
  message: string
}
