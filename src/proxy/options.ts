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
   * Address of the visitor, to be appended to `X-Forwarded-For`. A web-standard `Request` does not carry it, so the
   * platform has to tell. Default: nothing is appended.
   */
  clientAddress?: ((request: Request) => string | undefined) | undefined
  /** Milliseconds to wait for the ingestion server. Default: 4000. */
  timeout?: number | undefined
  /** Unix time in milliseconds. Default: `Date.now`. */
  now?: (() => number) | undefined
  /** Default: the global `fetch`. */
  fetch?: typeof fetch | undefined
}
