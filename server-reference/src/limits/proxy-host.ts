/** Returns `X-Ops-Proxy-Host` as a part of a key: lower-cased, or `unknown` if it is no host name (contract section 9). */
export const proxyHost = (received: string | undefined): string => {
  const host = (received ?? '').toLowerCase()
  return /^[a-z\d.-]{1,128}$/.test(host) ? host : 'unknown'
}
