/** @typedef {{ call_id: string, cursor: string, site_id: string, status: string, visitor: string, action: string | null, target: string | null, page_url: string | null, gclid: string | null, gbraid: string | null, wbraid: string | null, click_id: string | null, marked: 'bot' | 'own' | null, occurred_at: number }} Call */
/** @typedef {{ by: 'kind' | 'page' | 'campaign' | 'site', bucket: number, name: string, count: number }} Count */
/** @typedef {{ site_id: string, name: string | null, public_id: string }} Site */
/** @typedef {{ site_id: string, reason: string, count: number }} Drop */
/** @typedef {{ sites: Site[], drops: Drop[], retention_days: number | null }} Opened */
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
 * Takes the token of a link out of the address (`#token=…`, perhaps with `&view=setup`) and keeps it for this session.
 * It is never read from a query, which servers write into logs.
 */
export function takeTokenFromLink() {
  const link = new URLSearchParams(location.hash.slice(1))
  const token = link.get('token')
  if (!token) return
  const view = link.get('view')
  history.replaceState(null, '', location.pathname + (view ? `#${view}` : ''))
  keepToken(token)
}

/** Returns the token that this tab keeps; empty if there is none. */
export const keptToken = () => sessionStorage.getItem(KEPT_AS) ?? ''

/** Returns the token of this tab, or of a server in development; empty if there is none. */
export const rememberedToken = () =>
  keptToken() ||
  (document.querySelector('meta[name="ops-live-token"]')?.getAttribute('content') ?? '')

export const keepToken = (/** @type {string} */ token) => sessionStorage.setItem(KEPT_AS, token)
export const forgetToken = () => sessionStorage.removeItem(KEPT_AS)

/**
 * @param {string} token
 * @param {string} path
 * @param {Record<string, string | undefined>} parameters
 * @param {RequestInit} init
 */
export async function fetchWith(token, path, parameters = {}, init = {}) {
  const url = new URL(path, location.origin)
  for (const [name, value] of Object.entries(parameters))
    if (value !== undefined && value !== '') url.searchParams.set(name, value)
  /** @type {Response} */
  let response
  try {
    response = await fetch(url, {
      ...init,
      headers: { Authorization: `Bearer ${token}` },
      cache: 'no-store',
    })
  } catch {
    throw new Refused(0)
  }
  if (!response.ok) throw new Refused(response.status)
  return response
}
