import { BlockList, isIPv4, isIPv6 } from 'node:net'
import { CALL_EVENT_V2 } from '@opsmantik/tracker/contract'
import { isbot } from 'isbot'
import type { RequestContext } from '../http/request-context.js'
import { peerOf } from '../limits/client.js'
import type { Mark } from '../store/store.js'
import type { MarkOf } from '../world.js'

export interface Marks {
  markOf: MarkOf
  /** Replaces the networks that sites name as their own: CIDR by the site's UUID. */
  setOwn(networks: ReadonlyMap<string, readonly string[]>): void
}

/**
 * Decides which calls are marked: those of bots, by the visitor's user agent, and those from a site's own networks, by
 * the visitor's address. A marked call is recorded, and neither shown nor exported unless a reader asks for it.
 *
 * @param trustedHops load balancers of the server's own (contract section 9)
 */
export const createMarks = (trustedHops: number): Marks => {
  let own = new Map<string, BlockList>()
  return {
    markOf: (context): Mark | null => {
      const networks = own.get(context.siteId!)
      if (networks !== undefined && isIn(networks, exactAddress(context, trustedHops))) return 'own'
      return isBot(context) ? 'bot' : null
    },
    setOwn: (networks) => {
      own = new Map([...networks].map(([siteId, list]) => [siteId, toBlockList(list)]))
    },
  }
}

/** A visitor's browser says so in its first word; anything else on V2 is the proxy's own user agent, which says nothing. */
const BROWSER = /^Mozilla\//

const isBot = (context: RequestContext): boolean => {
  const agent = context.header('user-agent') ?? ''
  if (context.path === CALL_EVENT_V2 && !BROWSER.test(agent)) return false
  if (agent === '') return false
  const known = judged.get(agent)
  if (known !== undefined) return known
  const found = isbot(agent)
  if (judged.size >= MAX_JUDGED) judged.clear()
  judged.set(agent, found)
  return found
}

/** User agents that were looked at: isbot's expression takes microseconds, and visitors share a few thousand of them. */
const judged = new Map<string, boolean>()
const MAX_JUDGED = 10_000

/**
 * Returns the visitor's address in full; limits count an IPv6 address by its /64. On V2 it is the next hop to the left
 * of the server's own load balancers, as the proxy reports it: its signature has been verified by now.
 */
const exactAddress = (context: RequestContext, trustedHops: number): string => {
  const { socket = '', forwarded = '' } = peerOf(context)
  const hops = forwarded.split(',').filter((hop) => hop.trim() !== '')
  const at = trustedHops + (context.path === CALL_EVENT_V2 ? 1 : 0)
  const named = at === 0 ? undefined : (hops.at(-at) ?? (trustedHops > 0 ? hops[0] : undefined))
  return bare(named ?? socket)
}

/** Returns an address without a port, brackets or a zone; an IPv4-mapped IPv6 address as the IPv4 address. */
const bare = (hop: string): string => {
  const text = hop.trim().replace(/%.*$/s, '')
  const inner =
    /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text
  return /^::ffff:([\d.]+)$/i.exec(inner)?.[1] ?? inner
}

const isIn = (networks: BlockList, address: string): boolean => {
  if (isIPv4(address)) return networks.check(address, 'ipv4')
  return isIPv6(address) && networks.check(address, 'ipv6')
}

const toBlockList = (list: readonly string[]): BlockList => {
  const networks = new BlockList()
  for (const cidr of list) {
    const [network = '', bits] = cidr.split('/')
    const family = isIPv4(network) ? 'ipv4' : 'ipv6'
    networks.addSubnet(network, Number(bits ?? (family === 'ipv4' ? 32 : 128)), family)
  }
  return networks
}
