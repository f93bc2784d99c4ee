/**
 * Returns the address as limits count it: IPv4 as it is, an IPv4-mapped IPv6 address as the IPv4 address it maps, any
 * other IPv6 address as its /64, because one customer of a provider has at least that many. Returns null for
 * everything else.
 */
export const countedAddress = (text: string): string | null => {
  if (isIPv4(text)) return text
  const groups = ipv6Groups(text)
  if (groups === null) return null
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff
  if (isMapped)
    return [groups[6]!, groups[7]!].flatMap((group) => [group >> 8, group & 255]).join('.')
  const network = groups.slice(0, 4).map((group) => group.toString(16))
  return `${network.join(':')}::/64`
}

const OCTET = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)'
const IPV4 = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}$`)
/** 8 groups, 7 colons, an IPv4 tail; a zone id may follow. */
const LONGEST_IPV6 = 45

const isIPv4 = (text: string): boolean => text.length <= 15 && IPV4.test(text)

/** Returns the eight groups of an IPv6 address (RFC 4291, section 2.2), or null. A zone id is ignored. */
const ipv6Groups = (text: string): number[] | null => {
  const bare = text.replace(/%.*$/s, '')
  if (bare.length > LONGEST_IPV6 || !bare.includes(':')) return null
  const halves = bare.split('::')
  if (halves.length > 2) return null
  const [head, tail] = halves.map((half, index) => parseHalf(half, index === halves.length - 1))
  if (head === null || tail === null || head === undefined) return null
  if (tail === undefined) return head.length === 8 ? head : null
  const zeros = 8 - head.length - tail.length
  return zeros < 1 ? null : [...head, ...Array<number>(zeros).fill(0), ...tail]
}

/** Returns the groups before or after `::`. The last one may be an IPv4 address. */
const parseHalf = (half: string, isLast: boolean): number[] | null => {
  if (half === '') return []
  const parts = half.split(':')
  const last = parts.at(-1)!
  const octets = isLast && isIPv4(last) ? last.split('.').map(Number) : []
  if (octets.length > 0) parts.pop()
  if (!parts.every((part) => /^[\da-f]{1,4}$/i.test(part))) return null
  const groups = parts.map((part) => parseInt(part, 16))
  const [a, b, c, d] = octets
  if (a !== undefined) groups.push((a << 8) | b!, (c! << 8) | d!)
  return groups
}
