/** Options of the kit. None is required. */
export interface OpsmantikOptions {
  /** Base URL of the server that the kit simulates. Default: `https://console.example`. */
  consoleUrl?: string | undefined
  /**
   * Address of the first-party proxy that the kit simulates, absolute or relative to the page. It accepts call events
   * and page views. Default: `/ops/call-event`.
   */
  proxyUrl?: string | undefined
  /** Another address of the same proxy, for page views. Default: none; `proxyUrl` accepts page views too. */
  syncUrl?: string | undefined
  /** The one site that exists, UUID or 32-hex public id. Default: `0123456789abcdef0123456789abcdef`. */
  siteId?: string | undefined
  /** That site's secret, at least 16 characters. Default: `a-secret-of-the-msw-kit`. */
  secret?: string | undefined
  /**
   * `ALLOWED_ORIGINS`, as entries of the contract's section 2. Default: the origin of the page that the test runs in,
   * and the console's own.
   */
  origins?: readonly string[] | undefined
}
