import { CALL_EVENT_V1, HEALTH } from '@opsmantik/tracker/contract'
import type { Exchange } from '../../probe/exchange.js'
import type { Server } from './server.js'

export type ObstacleCode =
  | 'UNREACHABLE'
  | 'NOT_A_CONTRACT_SERVER'
  | 'ORIGIN_DENIED'
  | 'SIGNING_DISABLED'
  | 'SIGNATURE_REFUSED'
  | 'VERIFIER_UNAVAILABLE'
  | 'BUDGET_TOO_SMALL'

/** One fact that would make most checks fail. */
export interface Obstacle {
  code: ObstacleCode
  /** A sentence that says what to change. */
  message: string
}

/** Requests of a run, which all count for one address: 4,050 on the reference server, and some more for other limits. */
const REQUESTS = 5_000
const REQUESTS_WITHOUT_LIMITS = 2_500

/** Reads one parameter of the limit of the address, if the server reports it. */
const ofAddress = (x: Exchange, header: string, parameter: string): number | undefined => {
  const value = new RegExp(`"address"[^,]*;${parameter}=(\\d+)`).exec(x.headers.get(header) ?? '')
  return value ? Number(value[1]) : undefined
}

const described = (x: Exchange): string =>
  [x.status, x.json['code'] ?? x.headers.get('content-type')].filter(Boolean).join(' ')

export interface RunPlan {
  /** True if the checks of limits, which send the most requests, are left out. */
  isWithoutLimits?: boolean
  /** Requests of a run that is none of the kit's. */
  requests?: number
  /** Whose signature the messages speak of. Default: `kit`. */
  caller?: string
  wait?: (seconds: number, reason: string) => Promise<void>
}

/**
 * Looks for what would make most checks fail, so that a run stops with one sentence. Writes no row. If the server's limit
 * is large enough for a run, but others have used it up, waits until its minute is over.
 */
export const findObstacle = async (
  server: Server,
  { isWithoutLimits = false, requests, caller = 'kit', wait }: RunPlan = {},
): Promise<Obstacle | undefined> => {
  const { url, siteId, secret } = server.options
  const health = await server.ask(HEALTH)
  const unsigned = await server.post(CALL_EVENT_V1, '{}')
  if (typeof health.json['contract'] !== 'string' && typeof unsigned.json['code'] !== 'string')
    return {
      code: 'NOT_A_CONTRACT_SERVER',
      message: `${url} is no server of this contract: GET ${HEALTH} got ${described(health)}, POST ${CALL_EVENT_V1} got ${described(unsigned)}. Is it the address of the console, without a path?`,
    }
  if (unsigned.json['code'] === 'ORIGIN_NOT_ALLOWED')
    return {
      code: 'ORIGIN_DENIED',
      message: `The server does not allow the origin ${server.origin}: add it to ALLOWED_ORIGINS, or name an allowed one with --origin.`,
    }
  if (health.json['signing_disabled'] === true)
    return {
      code: 'SIGNING_DISABLED',
      message:
        'The server does not verify signatures: take CALL_EVENT_SIGNING_DISABLED out of its environment and restart it.',
    }
  const signed = siteId && secret ? await server.send('{}') : undefined
  if (signed?.json['code'] === 'SIGNATURE_REQUIRED')
    return {
      code: 'SIGNATURE_REFUSED',
      message: `The server received the ${caller}'s signed request without its signature (${described(signed)}): something on the way removes or doubles the X-Ops-* headers, or the server does not read them.`,
    }
  if (signed?.status === 401)
    return {
      code: 'SIGNATURE_REFUSED',
      message: `The server refuses the ${caller}'s signature (${described(signed)}): the secret is not that of the site ${siteId}, there is no such site, or the server verifies in another way than section 3 says (the test vectors show it).`,
    }
  if (signed?.status === 503)
    return {
      code: 'VERIFIER_UNAVAILABLE',
      message: `The server cannot verify signatures now (${described(signed)}): look at its database and its log.`,
    }
  const limit = ofAddress(unsigned, 'ratelimit-policy', 'q')
  const needed = requests ?? (isWithoutLimits ? REQUESTS_WITHOUT_LIMITS : REQUESTS)
  if (limit !== undefined && limit < needed)
    return {
      code: 'BUDGET_TOO_SMALL',
      message: `The server takes ${limit} requests a minute from one address, and the run needs about ${needed}: raise RATE_LIMIT_ADDRESS${isWithoutLimits || requests !== undefined ? '' : ', or leave most requests out with --skip limit'}.`,
    }
  const left = ofAddress(unsigned, 'ratelimit', 'r')
  if (left !== undefined && left < needed)
    await wait?.(
      Math.min(Math.max(ofAddress(unsigned, 'ratelimit', 't') ?? 60, 1), 60),
      `${left} requests are left of the ${limit} a minute that this address has, and the run needs about ${needed}`,
    )
  return undefined
}
