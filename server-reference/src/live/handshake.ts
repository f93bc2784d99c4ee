import type { Code } from '@opsmantik/tracker/contract'
import type { OriginPolicy } from '../config/origins.js'
import type { Access, Opened } from '../access/access.js'
import { isOwnHost } from './own-host.js'

export const LIVE_PROTOCOL = 'ops.live.v1'

/** The facts of a handshake that decide whether a reader is admitted. */
export interface HandshakeRequest {
  origin: string | undefined
  host: string | undefined
  /** Sec-WebSocket-Protocol. */
  protocols: string | undefined
  /** `?token=`, for curl. */
  token: string | null
  /** The client's address, as limits count it. */
  address: string
}

/** The configuration that admission to the feed needs. A World has all of it but the access. */
export interface Door {
  origins: OriginPolicy
  host: string
  /** Null: there is no feed. */
  liveToken: string | null
}

/**
 * Returns what a reader may read, or why it is refused. Asked in the handshake and by `GET /api/live`: one rule, one
 * order.
 */
export const judgeReader = async (
  door: Door,
  access: Access,
  handshake: HandshakeRequest,
): Promise<{ opened: Opened } | { refusal: Code }> => {
  const { origin, host } = handshake
  if (door.liveToken === null) return { refusal: 'NOT_FOUND' }
  if (origin === undefined) return { refusal: 'ORIGIN_REQUIRED' }
  const isOwn = isOwnHost(host, door.host) && /^https?:\/\/(.+)$/.exec(origin)?.[1] === host
  if (!isOwn && !door.origins.allows(origin)) return { refusal: 'ORIGIN_NOT_ALLOWED' }
  const opened = await access(tokenOf(handshake), handshake.address)
  if (opened === 'wrong') return { refusal: 'LIVE_TOKEN_REQUIRED' }
  return opened === 'limited' ? { refusal: 'RATE_LIMITED' } : { opened }
}

/** Browsers cannot set headers on a WebSocket: the token travels as a subprotocol. */
const tokenOf = ({ protocols = '', token }: HandshakeRequest): string => {
  const offered = protocols.split(',').map((protocol) => protocol.trim())
  return offered.find((protocol) => protocol.startsWith('token.'))?.slice(6) ?? token ?? ''
}
