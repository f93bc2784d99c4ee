import { SITE_ID } from '../contract/identifiers.js'
import { SECRET_MIN_LENGTH } from '../contract/limits.js'
import { CALL_EVENT_V1 } from '../contract/paths.js'
import { SIGNED } from './build.js'
import type { Read } from './options.js'
import { quietly } from './quietly.js'

/** `proxy`: unsigned JSON to the site's own domain. `signed`: HMAC in the browser. `noop`: nothing leaves the page. */
export type Mode = 'proxy' | 'signed' | 'noop'

/** Why nothing leaves the page: the setting that is missing or wrong; `https`: the page has no WebCrypto. */
export type Flaw = 'site-id' | 'proxy-url' | 'secret' | 'console-url' | 'https'

/** Returns the absolute http(s) URL, or empty. */
export const absolute = (text: string | null | undefined, base?: string): string => {
  const href = text && quietly(() => new URL(text, base).href)
  return href && /^https?:/.test(href) ? href : ''
}

/** Tells whether this is proxy mode: if a proxy URL is given, whatever else is there and even if it is none. */
export const isProxied = (read: Read): boolean => !SIGNED || read('proxy-url') != null

/**
 * Returns where call events go, or an address that `findFlaw` refuses.
 *
 * @param page the address that a proxy's is relative to: the page's own, because `<base href>` is the page's content
 * @param script where the script came from, whose origin is the console unless another is named
 */
export const callUrl = (read: Read, page: string, script?: string): string =>
  isProxied(read)
    ? absolute(read('proxy-url'), page)
    : absolute(read('console-url') || '/', script).replace(/\/*$/, CALL_EVENT_V1)

/** Returns what keeps everything on the page: what is malformed leads to noop, never to a weaker mode in its place. */
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
