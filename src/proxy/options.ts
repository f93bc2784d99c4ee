import type { ProxyLog } from './log.js'

/** What a first-party proxy is told (contract section 14). */
export interface ProxyOptions {
  /** The site's secret, at least 16 characters. Missing or short: every request is answered 500 `PROXY_NOT_CONFIGURED`. */
  secret: string | undefined
  /** Base URL of the ingestion server, such as `https://console.example.com`. */
  consoleUrl: string
  /**
   * The one site that this proxy serves, UUID or 32-hex public id. A body that names another is refused.
   * Default: the site that the body names; the signature still has to match it.
   */
  siteId?: string | undefined
  /** Further origins that may call the proxy, besides its own. Default: none. */
  origins?: readonly string[] | undefined
  /**
   * Address of the visitor, to be appended to `X-Forwarded-For`, where the platform writes it into a header, such as
   * `CF-Connecting-IP`. Elsewhere it is the proxy's second argument. Default: that one; without either nothing is appended.
   */
  clientAddress?: ((request: Request) => string | null | undefined) | undefined
  /** Milliseconds to wait for the ingestion server. Default: 4000. */
  timeout?: number | undefined
  /** Told of each request once it is answered. What it throws is ignored. Default: nobody is told. */
  log?: ProxyLog | undefined
  /** Unix time in milliseconds. Default: `Date.now`. */
  now?: (() => number) | undefined
  /** Default: the global `fetch`. */
  fetch?: typeof fetch | undefined
}
