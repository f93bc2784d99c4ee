const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/

/**
 * Returns the IP address in a text, or undefined if there is none. Strips what platforms write around one: a port
 * (`203.0.113.9:4711`, `[2001:db8::1]:4711`) and a zone (`fe80::1%eth0`).
 */
export const readAddress = (text: unknown): string | undefined => {
  if (typeof text !== 'string') return undefined
  const bare = text
    .trim()
    .replace(/^\[(.*)\](?::\d+)?$/, '$1')
    .replace(/^([\d.]+):\d+$/, '$1')
    .replace(/%.*$/, '')
  if (IPV4.test(bare)) return bare
  // The URL parser knows every form of IPv6, and every runtime has it.
  return /^[\da-f:.]+$/i.test(bare) && bare.includes(':') && URL.canParse(`http://[${bare}]/`)
    ? bare
    : undefined
}

/** Sources from which a proxy learns the visitor's address. */
export interface AddressSources {
  /** The address that the platform reports. */
  told: unknown
  /** Number of entries of `X-Forwarded-For`, from the right, that the proxy's own load balancers have written. */
  trustedHops: number
}

/**
 * Returns the `X-Forwarded-For` to forward, whose last entry is the visitor's address; or undefined if the address is not
 * known. The server believes the last entry, so without an address nothing is forwarded: the entries of the request itself
 * are the caller's own words.
 */
export const forwardedFor = (
  received: string | null,
  { told, trustedHops }: AddressSources,
): string | undefined => {
  const hops = (received ?? '')
    .split(',')
    .map((hop) => hop.trim())
    .filter(Boolean)
  if (trustedHops > 0) {
    const address = readAddress(hops.at(-trustedHops))
    if (address !== undefined && hops.length >= trustedHops)
      return [...hops.slice(0, -trustedHops), address].join(', ')
  }
  const address = readAddress(told)
  return address && [...hops, address].join(', ')
}
