/** The part of an exchange that was under way. */
export type Phase = 'lookup' | 'connect' | 'tls' | 'answer' | 'body'

/** Why no response came, or not all of it. */
export interface Failure {
  /** An error code of Node, or `TIMEOUT`. */
  code: string
  message: string
  phase: Phase
}

/**
 * Returns the code and the words of the error at the root of one: `fetch` hides it as a cause, and happy eyeballs (RFC
 * 8305) in a list of errors, one for each address.
 */
export const rootOf = (error: unknown): Pick<Failure, 'code' | 'message'> => {
  if (error instanceof AggregateError && error.errors.length > 0) return rootOf(error.errors[0])
  const { cause, code, message } = Object(error) as Record<string, unknown>
  if (cause instanceof Error) return rootOf(cause)
  return {
    code: typeof code === 'string' ? code : 'UNKNOWN',
    message: typeof message === 'string' ? message : String(error),
  }
}

/** Returns true for the code of a connection that ended before its response was whole. */
export const isClosed = (code: string): boolean =>
  /^(ECONNRESET|EPIPE|UND_ERR_SOCKET|HPE_\w+)$/.test(code)

/** Returns an error as a failure of this phase. */
export const failureOf = (error: unknown, phase: Phase): Failure => ({ ...rootOf(error), phase })

/** Returns the failure of an exchange that took too long. */
export const timeoutAfter = (ms: number, phase: Phase): Failure => ({
  code: 'TIMEOUT',
  message: `nothing within ${ms} ms`,
  phase,
})

/** Returns the words of an error, and of its root if they say more. */
export const wordsOf = (error: unknown): string => {
  const root = rootOf(error).message
  const own = error instanceof Error ? error.message : root
  return root === '' || root === own ? own : `${own}: ${root}`
}
