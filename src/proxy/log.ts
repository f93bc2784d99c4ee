/** What a proxy tells its `log` of each request: never a secret, a body, an address or a number. */
export interface ProxyLogEntry {
  /** The server's `code` or `status` (`matched`, `noop`, `RATE_LIMITED`), or the proxy's own `code`. */
  outcome: string
  /** The HTTP status that was answered. */
  status: number
  /** Whose answer it was. */
  by: 'proxy' | 'server'
  /** Absent where it was refused before its body was read. */
  event?: 'call' | 'sync'
  /** With `ORIGIN_NOT_ALLOWED`: the origin, where it is one. Often it is a domain that `origins` should have named. */
  origin?: string
  /** Milliseconds. */
  took: number
  /** The `X-Request-Id` that the server was told. */
  requestId: string
}

export type ProxyLog = (entry: ProxyLogEntry) => unknown

/** Tells the hook; one that throws, or that rejects, hurts nobody. */
export const tell = (log: ProxyLog | undefined, entry: ProxyLogEntry): void => {
  if (!log) return
  try {
    Promise.resolve(log(entry)).catch(() => {})
  } catch {
    // It is the visitor's call that matters.
  }
}

/** The word for what the server said: no digits can stand in it, so no number gets into a log. */
export const outcomeOf = (status: number, json: unknown): string => {
  const { code, status: word } = Object(json) as Record<string, unknown>
  const said = code ?? word
  return typeof said === 'string' && /^[A-Za-z_]{1,64}$/.test(said) ? said : String(status)
}

/** The origin as it may stand in a log, or undefined: it is the caller's own word. */
export const loggableOrigin = (origin: string): string | undefined => {
  try {
    return origin.length <= 255 && new URL(origin).origin === origin ? origin : undefined
  } catch {
    return undefined
  }
}
