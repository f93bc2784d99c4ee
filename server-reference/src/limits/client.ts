import type { RequestContext } from '../http/request-context.js'
import { countedAddress } from './address.js'

/** Characters of the user agent that distinguish clients behind one address (contract section 9). */
const USER_AGENT_PART = 64

/** Describes where a request comes from, as the request states it. */
export interface Peer {
  /** The address of the connection's other end; undefined if there is no socket. */
  socket: string | undefined
  /** `X-Forwarded-For`. */
  forwarded: string | undefined
}

/** Returns where a request comes from, as the request states it. */
export const peerOf = (context: RequestContext): Peer => ({
  socket: context.remoteAddress,
  forwarded: context.header('x-forwarded-for'),
})

/**
 * Returns the client's address: the socket's, unless `trustedHops` load balancers of the server's own are in front of
 * it. Each of those appended its peer to `X-Forwarded-For`, so they are counted from the right; the sender can invent
 * everything further left.
 */
export const clientAddress = ({ socket, forwarded }: Peer, trustedHops: number): string => {
  const own = countedAddress(socket ?? '') ?? 'unknown'
  return trustedHops === 0 ? own : (addressOf(hopAt(forwarded, trustedHops, 'or leftmost')) ?? own)
}

/**
 * Returns the address of the visitor that the client, a first-party proxy, names: the next hop to the left of its own.
 * Believe it only after the signature has been verified. A proxy that names no visitor counts as the visitor.
 */
export const visitorAddress = (peer: Peer, trustedHops: number): string =>
  addressOf(hopAt(peer.forwarded, trustedHops + 1)) ?? clientAddress(peer, trustedHops)

/** Returns the client of the contract's limits `coarse` and `V1`. An address contains no space. */
export const clientKey = (address: string, userAgent: string | undefined): string =>
  `${address} ${(userAgent ?? '').slice(0, USER_AGENT_PART)}`

/** Returns the hop at a place counted from the right, from 1. RFC 9110, 5.6.1: empty elements of a list do not count. */
const hopAt = (forwarded = '', place: number, otherwise?: 'or leftmost'): string | undefined => {
  let leftmost: string | undefined
  let end = forwarded.length
  for (let left = place; end > 0;) {
    const comma = forwarded.lastIndexOf(',', end - 1)
    const hop = forwarded.slice(comma + 1, end).trim()
    end = comma
    if (hop === '') continue
    if (--left === 0) return hop
    leftmost = hop
  }
  return otherwise === undefined ? undefined : leftmost
}

/** Returns the address in a hop, or null. Some proxies write `192.0.2.1:4711` or `[2001:db8::1]:4711`. */
const addressOf = (hop: string | undefined): string | null => {
  if (hop === undefined) return null
  if (!hop.includes(':')) return countedAddress(hop)
  const bare = /^\[([^\]]+)\](?::\d+)?$/.exec(hop)?.[1] ?? /^([\d.]+):\d+$/.exec(hop)?.[1] ?? hop
  return countedAddress(bare)
}
