import type { Code } from '@opsmantik/tracker/contract'
import type { OriginPolicy } from '../config/origins.js'
import { secretsEqual } from '../digest/secrets-equal.js'
import { isOwnHost } from './own-host.js'

export const LIVE_PROTOCOL = 'ops.live.v1'

/** What decides about a reader. */
export interface Handshake {
  origin: string | undefined
  host: string | undefined
  /** Sec-WebSocket-Protocol. */
  protocols: string | undefined
  /** `?token=`, for curl. */
  token: string | null
}

/** What the feed's door needs to know. A World has it all. */
export interface Door {
  origins: OriginPolicy
  host: string
  liveToken: string | null
}

/** Why a reader is refused, or null. Asked in the handshake and by `GET /api/live`: one rule, one order. */
export const refusalOf = (door: Door, handshake: Handshake): Code | null => {
  const { origin, host } = handshake
  if (door.liveToken === null) return 'NOT_FOUND'
  if (origin === undefined) return 'ORIGIN_REQUIRED'
  const isOwn = isOwnHost(host, door.host) && /^https?:\/\/(.+)$/.exec(origin)?.[1] === host
  if (!isOwn && !door.origins.allows(origin)) return 'ORIGIN_NOT_ALLOWED'
  return secretsEqual(tokenOf(handshake), door.liveToken) ? null : 'LIVE_TOKEN_REQUIRED'
}

/** Browsers cannot set headers on a WebSocket: the token travels as a subprotocol. */
const tokenOf = ({ protocols = '', token }: Handshake): string => {
  const offered = protocols.split(',').map((protocol) => protocol.trim())
  return offered.find((protocol) => protocol.startsWith('token.'))?.slice(6) ?? token ?? ''
}
