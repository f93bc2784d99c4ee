import { SITE_ID } from '../contract/identifiers.js'
import { SECRET_MIN_LENGTH } from '../contract/limits.js'
import { CALL_EVENT_V1 } from '../contract/paths.js'
import { SIGNED } from '../contract/build.js'
import type { Read } from './options.js'
import { quietly } from './quietly.js'

/** `proxy`: unsigned JSON to the site's own domain. `signed`: HMAC in the browser. `noop`: nothing leaves the page. */
export type Mode = 'proxy' | 'signed' | 'noop'

/** Why nothing leaves the page: the setting that is missing or wrong; `https`: the page has no WebCrypto. */
export type Flaw = 'site-id' | 'proxy-url' | 'secret' | 'console-url' | 'https'

/** Returns the absolute http(s) URL, or empty. */
export const absolute = (text: string | null | undefined, base?: string): string =>
  (text &&
    '' + (/^https?:.*/.exec(quietly(() => new URL(text, base)) as unknown as string) || '')) ||
  ''

/**
 * Returns how events leave the page, their destination, and what prevents them from leaving. A malformed setting leads
 * to noop, never to a weaker mode. A proxy URL, even an invalid one, selects proxy mode, whatever else is set.
 *
 * @param page the base of a relative proxy URL: the page's own address, because `<base href>` is the page's content
 * @param script URL of the script; its origin is the console unless the site names another
 */
export const chooseMode = (
  read: Read,
  page: string,
  script?: string,
): [mode: Mode, url: string, why: Flaw | ''] => {
  const proxy = read('proxy-url')
  const isProxied = !SIGNED || proxy != null
  const url = isProxied
    ? absolute(proxy, page)
    : absolute(read('console-url') || '/', script).replace(/\/*$/, CALL_EVENT_V1)
  const why = !SITE_ID.test(read('site-id')!)
    ? 'site-id'
    : isProxied
      ? url
        ? ''
        : 'proxy-url'
      : !(read('secret')! || '')[SECRET_MIN_LENGTH - 1]
        ? 'secret'
        : url === CALL_EVENT_V1
          ? 'console-url'
          : crypto.subtle
            ? ''
            : 'https'
  return [why ? 'noop' : isProxied ? 'proxy' : 'signed', url, why]
}
