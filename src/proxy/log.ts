/** Describes one request for a proxy's `log`. Never contains a secret, a body, an address or a phone number. */
export interface ProxyLogEntry {
  /**
   * The server's `code` or `status` (`matched`, `noop`, `RATE_LIMITED`), the proxy's own `code`, or `BODY_ALREADY_READ`:
   * a body parser came before the proxy.
   */
  outcome: string
  /** The HTTP status of the response. */
  status: number
  /** The party that decided the outcome. */
  by: 'proxy' | 'server'
  /** Absent if the request was refused before its body was read. */
  event?: 'call' | 'sync'
  /** With `ORIGIN_NOT_ALLOWED`: the origin, if it is valid. Often it is a domain that is missing from `origins`. */
  origin?: string
  /** Milliseconds. */
  took: number
  /** The `X-Request-Id` that the server received. */
  requestId: string
}

export type ProxyLog = (entry: ProxyLogEntry) => unknown

/** Calls the log and ignores its errors: the visitor's call matters more. */
export const callLog = (log: ProxyLog | undefined, entry: ProxyLogEntry): void => {
  if (!log) return
  try {
    Promise.resolve(log(entry)).catch(() => {})
  } catch {
    // Ignored, as above.
  }
}

/** Returns the log's word for the server's response. It has no digits, so no phone number gets into a log. */
export const outcomeOf = (status: number, json: unknown): string => {
  const { code, status: word } = Object(json) as Record<string, unknown>
  const said = code ?? word
  return typeof said === 'string' && /^[A-Za-z_]{1,64}$/.test(said) ? said : String(status)
}

/** Returns the origin if it may be logged, or undefined: the caller controls it. */
export const loggableOrigin = (origin: string): string | undefined => {
  try {
    return origin.length <= 255 && new URL(origin).origin === origin ? origin : undefined
  } catch {
    return undefined
  }
}
