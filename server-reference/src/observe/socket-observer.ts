import { REFUSALS, type Code } from '@opsmantik/tracker/contract'
import type { World } from '../world.js'
import { ORIGIN_SHOWN } from './observe.js'

/** A request that the socket layer refused: too slow, too large, or no HTTP. */
export interface SocketRefusal {
  code: Code
  requestId: string
  /** Undefined if its head could not be read. */
  origin: string | undefined
}

/** Lines per second: any client can cause such refusals, without a request that a limit could count. */
const LINES_PER_SECOND = 20

/** The endpoint of such requests in metrics and log: their path may not have been read. */
const SOCKET = 'socket'

/**
 * Returns a function that counts a refusal of the socket layer and writes its log line, at most 20 a second. The line
 * has neither the received bytes nor an address.
 */
export const createSocketObserver = ({
  metrics,
  log,
  now,
}: Pick<World, 'metrics' | 'log' | 'now'>): ((refusal: SocketRefusal) => void) => {
  let second = 0
  let lines = 0
  return ({ code, requestId: request_id, origin }) => {
    const { status } = REFUSALS[code]
    metrics.request(SOCKET, status, code, 0)
    const current = Math.floor(now() / 1000)
    if (current !== second) {
      second = current
      lines = 0
    }
    if (++lines > LINES_PER_SECOND) return
    const shown = origin?.slice(0, ORIGIN_SHOWN)
    log.info({ request_id, endpoint: SOCKET, status, code, origin: shown }, 'request')
  }
}
