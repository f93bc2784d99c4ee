/** Returns the SQLSTATE of a Postgres error, or undefined for any other error. */
export const sqlState = (error: unknown): string | undefined => {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  const { code } = error
  return typeof code === 'string' && /^[\dA-Z]{5}$/.test(code) ? code : undefined
}

/**
 * Returns true if a statement failed because the tables were being rearranged under it: a table that has gone, a
 * deadlock, a lock that was not to be had, a row without a partition (which, unlike a row that violates a constraint of
 * its own, names no constraint).
 */
export const isTransition = (error: unknown): boolean => {
  const state = sqlState(error)
  if (state === '23514') return !(error as { constraint?: string }).constraint
  return ['42P01', '40P01', '40001', '55P03'].includes(state ?? '')
}

/** Returns true for an error about a row's values: data (22), constraint (23), or a limit of the program (54). */
export const isRowFault = (error: unknown): boolean =>
  /^(22|23|54)/.test(sqlState(error) ?? '') && !isTransition(error)

/** Returns true if a row names a site that was removed a moment ago: nothing is wrong with the event itself. */
export const isSiteGone = (error: unknown): boolean => sqlState(error) === '23503'
