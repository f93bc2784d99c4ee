/** What the server has not filled in. Not spelled out: it may fill in this file as well. */
const PLACEHOLDER = /^__[A-Z_]+__$/

/** @param {Document} page */
export function tokenOf(page) {
  const token = page.querySelector('meta[name="ops-live-token"]')?.getAttribute('content')
  return token && !PLACEHOLDER.test(token) ? token : ''
}

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
    return tokenOf(new DOMParser().parseFromString(await response.text(), 'text/html'))
  } catch {
    return undefined
  }
}
