/**
 * Matches a placeholder that the server has not filled in. It is not spelled out, because the server may fill in this
 * file as well.
 */
const PLACEHOLDER = /^__[A-Z_]+__$/

/**
 * Finds the token by pattern, because parsing as HTML is a markup sink, which this page's policy forbids (Trusted
 * Types).
 */
const META = /<meta name="ops-live-token" content="([^"]*)"/

/** @param {string} token */
const filledIn = (token) => (PLACEHOLDER.test(token) ? '' : token)

/** @param {Document} page */
export const tokenOf = (page) =>
  filledIn(page.querySelector('meta[name="ops-live-token"]')?.getAttribute('content') ?? '')

/**
 * In development the token changes with every start of the server. Reading it anew lets a console
 * that was left open find its way back, and tells a server that is down from one that refuses.
 *
 * @returns {Promise<string | undefined>} nothing when the server does not answer
 */
export async function freshToken() {
  try {
    const response = await fetch(location.pathname, {
      cache: 'no-store',
      signal: AbortSignal.timeout(5000),
    })
    if (!response.ok) return undefined
    return filledIn(META.exec(await response.text())?.[1] ?? '')
  } catch {
    return undefined
  }
}
