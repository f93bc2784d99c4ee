import { setTimeout as sleep } from 'node:timers/promises'

/** Describes a fault on the way to the server. */
export interface InjectedFault {
  /** Only for this path, such as `/api/call-event`. Default: every path. */
  path?: string | undefined
  /** The answer's status instead of the server's own; the server does not see the request. */
  status?: number | undefined
  /** Seconds of its `Retry-After`. */
  retryAfter?: number | undefined
  /** Milliseconds before anything else. */
  delay?: number | undefined
  /** The connection ends without an answer: before the server sees the request, or after it has recorded it. */
  drop?: 'before' | 'after' | undefined
  /** Number of requests that it affects. Default: all, until `clearFaults()`. */
  times?: number | undefined
}

export interface InjectedFaults {
  add(fault: InjectedFault): void
  clear(): void
  /** Waits or answers as the next fault for this request says; undefined lets the server have it. */
  meet(request: Request): Promise<Response | undefined>
}

/** Tells the owner of the socket not to send a response. */
export const DROPPED = 'X-Inspect-Dropped'

const dropped = (): Response => new Response(null, { status: 502, headers: { [DROPPED]: 'yes' } })

export const createFaults = (
  after: (request: Request) => Promise<unknown> = async () => {},
): InjectedFaults => {
  let faults: { fault: InjectedFault; left: number }[] = []
  return {
    add: (fault) => void faults.push({ fault, left: fault.times ?? Infinity }),
    clear: () => void (faults = []),
    async meet(request) {
      const { pathname } = new URL(request.url)
      const isPreflight = request.method === 'OPTIONS'
      const met = faults.find(
        ({ fault, left }) => left > 0 && (fault.path ?? pathname) === pathname,
      )
      // A preflight does not use a fault up: it is the event's own request that is meant.
      if (!met || isPreflight) return undefined
      met.left--
      const { status, delay, drop, retryAfter } = met.fault
      if (delay) await sleep(delay)
      if (drop === 'after') await after(request)
      if (drop) return dropped()
      if (status === undefined) return undefined
      return Response.json(
        { error: 'A fault that a test has asked for', code: 'INSPECT_FAULT', request_id: 'fault' },
        {
          status,
          headers: {
            ...(retryAfter === undefined ? {} : { 'Retry-After': String(retryAfter) }),
            'Access-Control-Allow-Origin': request.headers.get('origin') ?? '*',
            'Access-Control-Expose-Headers':
              'Retry-After, RateLimit, RateLimit-Policy, X-Request-Id',
            Vary: 'Origin',
          },
        },
      )
    },
  }
}
