import { keptToken } from '../api.js'

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

/** Returns the token of the page, which is newer than one that this tab keeps. */
export const tokenOfPage = () =>
  filledIn(document.querySelector('meta[name="ops-live-token"]')?.getAttribute('content') ?? '') ||
  keptToken()

/**
 * Reads the token again. In development it changes with every start of the server; a new one lets an open console
 * reconnect, and the request distinguishes a server that is down from one that refuses.
 *
 * @returns {Promise<string | undefined>} undefined if the server does not respond
 */
export async function freshToken() {
  try {
    const response = await fetch(location.pathname, {
      cache: 'no-store',
      signal: AbortSignal.timeout(5000),
    })
    if (!response.ok) return undefined
    return filledIn(META.exec(await response.text())?.[1] ?? '') || keptToken()
  } catch {
    return undefined
  }
}
