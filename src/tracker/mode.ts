import { CALL_EVENT_V1 } from '../contract/paths.js'
import { SECRET_MIN_LENGTH } from '../contract/limits.js'
import type { Read } from './options.js'
import { quietly } from './quietly.js'

/** Near enough to tell a site id from a placeholder; the server knows its own. */
const SITE_ID = /^[\da-f-]{32,36}$/i

/** `proxy`: unsigned JSON to the site's own domain. `signed`: HMAC in the browser. `noop`: nothing leaves the page. */
export type Mode = 'proxy' | 'signed' | 'noop'

/** Why nothing leaves the page: the setting that is missing or wrong; `https`: the page has no WebCrypto. */
export type Flaw = 'site-id' | 'proxy-url' | 'secret' | 'console-url' | 'https'

/** The absolute http(s) URL, or empty. */
const absolute = (text: string | null | undefined, base?: string): string => {
  const href = text && quietly(() => new URL(text, base).href)
  return href && /^https?:/.test(href) ? href : ''
}

/** Given: proxy mode, whatever else is there, even where the address is none. */
export const isProxied = (read: Read): boolean => read('proxy-url') != null

/**
 * Where call events go.
 *
 * @param page the address that a proxy's is relative to
 * @param script where the script came from, whose origin is the console unless another is named
 */
export const callUrl = (read: Read, page: string, script?: string): string =>
  isProxied(read)
    ? absolute(read('proxy-url'), page)
    : absolute(read('console-url') || '/', script).replace(/\/*$/, CALL_EVENT_V1)

/** What keeps everything on the page: what is malformed gives noop, never a weaker mode in its place. */
export const findFlaw = (read: Read, url: string): Flaw | '' =>
  !SITE_ID.test(read('site-id')!)
    ? 'site-id'
    : isProxied(read)
      ? url
        ? ''
        : 'proxy-url'
      : (read('secret') || '').length < SECRET_MIN_LENGTH
        ? 'secret'
        : url === CALL_EVENT_V1
          ? 'console-url'
          : crypto.subtle
            ? ''
            : 'https'
