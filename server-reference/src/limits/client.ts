import type { RequestContext } from '../http/request-context.js'
import { isIP } from './is-ip.js'

/** Characters of the user agent that tell clients behind one address apart (contract section 5, step 5). */
const USER_AGENT_PART = 64

/**
 * The client's address: the socket's, unless `trustedHops` proxies are ours. Each of those appended its peer to
 * X-Forwarded-For, so the hops are counted from the right; what stands further left is anybody's invention.
 */
export const clientAddress = (context: RequestContext, trustedHops: number): string => {
  const socket = context.remoteAddress ?? 'unknown'
  if (trustedHops === 0) return normalised(socket)
  const hops = (context.header('x-forwarded-for') ?? '')
    .split(',')
    .filter((hop) => hop.trim() !== '')
  const hop = hops.at(-trustedHops) ?? hops[0]
  const address = hop === undefined ? '' : withoutPort(hop.trim())
  return normalised(isIP(address) ? address : socket)
}

export const clientKey = (context: RequestContext, address: string): string =>
  `${address} ${(context.header('user-agent') ?? '').slice(0, USER_AGENT_PART)}`

/** Some proxies write `192.0.2.1:4711` or `[2001:db8::1]:4711`. */
const withoutPort = (hop: string): string =>
  /^\[([^\]]+)\](?::\d+)?$/.exec(hop)?.[1] ?? /^([\d.]+):\d+$/.exec(hop)?.[1] ?? hop

/** Whoever has one IPv6 address has its whole /64: they share a bucket. An IPv4 address in IPv6 clothes is itself. */
const normalised = (address: string): string => {
  const mapped = /^::ffff:([\d.]+)$/i.exec(address)?.[1]
  if (mapped !== undefined) return mapped
  if (isIP(address) !== 6) return address
  const [head = '', tail = ''] = address.toLowerCase().replace(/%.*$/, '').split('::')
  const groups = head === '' ? [] : head.split(':')
  const missing = address.includes('::')
    ? 8 - groups.length - (tail === '' ? 0 : tail.split(':').length)
    : 0
  const all = [...groups, ...Array<string>(Math.max(missing, 0)).fill('0'), ...tail.split(':')]
  return all
    .slice(0, 4)
    .map((group) => parseInt(group || '0', 16).toString(16))
    .join(':')
    .concat('::/64')
}
