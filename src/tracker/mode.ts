import { CALL_EVENT_V1 } from '../contract/paths.js'
import { SITE_ID } from '../contract/identifiers.js'
import { SECRET_MIN_LENGTH } from '../contract/limits.js'
import type { Options } from './options.js'

/** `proxy`: unsigned JSON to the site's own domain. `signed`: HMAC in the browser. `noop`: nothing leaves the page. */
export type Mode = 'proxy' | 'signed' | 'noop'

export interface Choice {
  mode: Mode
  /** Where call events go, or undefined where the address is no http(s) URL. */
  url: string | undefined
  /** Why nothing leaves the page: in noop mode the option that is missing or wrong, else empty. */
  why: string
}

const httpUrl = (text: string | null | undefined, base?: string): string | undefined => {
  try {
    const { href } = new URL(text!, base)
    if (text && /^https?:/.test(href)) return href
  } catch {
    // Said by the absence of an address.
  }
  return
}

/** Proxy before signed before noop. What is malformed gives noop with a reason, never a weaker mode in its place. */
export const chooseMode = (options: Options, base: string): Choice => {
  const { siteId, proxyUrl, secret, consoleUrl } = options
  const proxy = proxyUrl != null
  // The proxy's address may be relative to the page; the console's is another host, and must say so.
  const href = proxy ? httpUrl(proxyUrl, base) : httpUrl(consoleUrl)
  const url = proxy ? href : href && href.replace(/\/*$/, CALL_EVENT_V1)
  const why = !SITE_ID.test(siteId)
    ? 'site-id'
    : proxy
      ? url
        ? ''
        : 'proxy-url'
      : !secret || secret.length < SECRET_MIN_LENGTH
        ? 'secret'
        : !url
          ? 'console-url'
          : crypto.subtle
            ? ''
            : 'https'
  return { mode: why ? 'noop' : proxy ? 'proxy' : 'signed', url, why }
}
