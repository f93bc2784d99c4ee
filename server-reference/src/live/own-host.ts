/**
 * Returns true if a Host header names this machine itself. A page of `evil.example` whose name resolves to 127.0.0.1
 * (DNS rebinding) reaches the server with its own name in Host, and must not be treated as the console.
 */
export const isOwnHost = (host: string | undefined, configuredHost: string): boolean => {
  const name = /^(\[[\da-f:.]+\]|[^:[\]]+)(?::\d+)?$/i.exec(host ?? '')?.[1]?.toLowerCase()
  if (name === undefined) return false
  const bare = name.replace(/^\[|\]$/g, '')
  if (bare === 'localhost' || bare === '::1' || /^127(\.\d{1,3}){3}$/.test(bare)) return true
  return bare === configuredHost.toLowerCase() && !/^[0.:]+$/.test(bare)
}
