import { BlockList, isIP } from 'node:net'

/** Addresses that are not of the public Internet (IANA's registries for special purposes), by family. */
const SPECIAL: Record<'ipv4' | 'ipv6', [network: string, bits: number][]> = {
  ipv4: [
    ['0.0.0.0', 8],
    ['10.0.0.0', 8],
    ['100.64.0.0', 10],
    ['127.0.0.0', 8],
    ['169.254.0.0', 16],
    ['172.16.0.0', 12],
    ['192.0.0.0', 24],
    ['192.0.2.0', 24],
    ['192.88.99.0', 24],
    ['192.168.0.0', 16],
    ['198.18.0.0', 15],
    ['198.51.100.0', 24],
    ['203.0.113.0', 24],
    ['224.0.0.0', 4],
    ['240.0.0.0', 4],
  ],
  ipv6: [
    // Unspecified, loopback, and IPv4 in IPv6 in all its forms: an IPv4 address is written as one.
    ['::', 96],
    ['::ffff:0:0', 96],
    ['64:ff9b::', 96],
    ['64:ff9b:1::', 48],
    ['100::', 64],
    ['2001::', 23],
    ['2001:db8::', 32],
    ['2002::', 16],
    ['3fff::', 20],
    ['5f00::', 16],
    ['fc00::', 7],
    ['fe80::', 10],
    ['fec0::', 10],
    ['ff00::', 8],
  ],
}

/** A list for each family: in one for both, Node takes every IPv4 address for one of ::ffff:0:0/96. */
const listOf = (family: 'ipv4' | 'ipv6'): BlockList => {
  const list = new BlockList()
  for (const [network, bits] of SPECIAL[family]) list.addSubnet(network, bits, family)
  return list
}
const special = { ipv4: listOf('ipv4'), ipv6: listOf('ipv6') }

/** Returns true for an address that only the server's own network reaches. Anything that is no address is one, too. */
export const isPrivateAddress = (address: string): boolean => {
  const bare = address.replace(/%.*$/s, '')
  const version = isIP(bare)
  if (version === 0) return true
  return version === 4 ? special.ipv4.check(bare, 'ipv4') : special.ipv6.check(bare, 'ipv6')
}

/**
 * Returns the same for a URL's host: a name is private by its suffix alone. The addresses of other names are checked
 * when connecting.
 */
export const isPrivateHost = (hostname: string): boolean => {
  const bare = hostname.replace(/^\[|\]$/g, '')
  if (isIP(bare) !== 0) return isPrivateAddress(bare)
  return /(^|\.)(localhost|local|internal)\.?$/i.test(bare)
}
