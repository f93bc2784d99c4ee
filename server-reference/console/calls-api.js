/** @typedef {{ call_id: string, cursor: string, site_id: string, status: string, visitor: string, action: string | null, target: string | null, page_url: string | null, gclid: string | null, gbraid: string | null, wbraid: string | null, click_id: string | null, marked: 'bot' | 'own' | null, occurred_at: number }} Call */
/** @typedef {{ by: 'kind' | 'page' | 'campaign' | 'site', bucket: number, name: string, count: number }} Count */
/** @typedef {{ site_id: string, name: string | null, public_id: string }} Site */
/** @typedef {{ site_id: string, reason: string, count: number }} Drop */
/** @typedef {{ session_id: string, entry_url: string | null, referrer: string | null, first_seen: number, last_seen: number, pages: { at: number, url: string }[] }} Visit */

const KEPT_AS = 'opsmantik-token'

/** A response that is not the data that was asked for. */
export class Refused extends Error {
  /** @param {number} status 0: no response */
  constructor(status) {
    super(`HTTP ${status}`)
    this.status = status
  }
}

/**
 * Returns the token that this tab has: of the link's fragment, which is taken out of the address at once; of this
 * session; or of a server in development. Never of a query, which servers write into logs.
 */
export function rememberedToken() {
  const given = new URLSearchParams(location.hash.slice(1)).get('token')
  if (given) {
    history.replaceState(null, '', location.pathname)
    sessionStorage.setItem(KEPT_AS, given)
    return given
  }
  const own = document.querySelector('meta[name="ops-live-token"]')?.getAttribute('content') ?? ''
  return sessionStorage.getItem(KEPT_AS) ?? own
}

export const keepToken = (/** @type {string} */ token) => sessionStorage.setItem(KEPT_AS, token)
export const forgetToken = () => sessionStorage.removeItem(KEPT_AS)

/**
 * @param {string} token
 * @param {string} path
 * @param {Record<string, string | undefined>} parameters
 */
export async function fetchWith(token, path, parameters = {}) {
  const url = new URL(path, location.origin)
  for (const [name, value] of Object.entries(parameters))
    if (value !== undefined && value !== '') url.searchParams.set(name, value)
  /** @type {Response} */
  let response
  try {
    response = await fetch(url, {
      headers: { Authorization: `Bearer ${token}` },
      cache: 'no-store',
    })
  } catch {
    throw new Refused(0)
  }
  if (!response.ok) throw new Refused(response.status)
  return response
}
