/** What a site says about its tracker: the embed's attributes, or the argument of `createTracker`. */
export interface Options {
  /** The site's UUID or 32-hex public id. Required. */
  siteId: string
  /**
   * URL of the first-party proxy on the site's own domain, absolute or relative to the page.
   * Given: proxy mode, whatever else is there. The browser then holds no secret.
   */
  proxyUrl?: string | null | undefined
  /**
   * The site's secret, at least 16 characters: signed mode, legacy. A secret in a browser is public; it gives
   * integrity and freshness, not proof of who sent it. Prefer `proxyUrl`.
   */
  secret?: string | null | undefined
  /**
   * Base URL of the console, for signed mode. Default: the script's own origin; `createTracker` has none, and needs it
   * in signed mode.
   */
  consoleUrl?: string | null | undefined
  /** Which links count, as a list or as words in a string. Default: `phone whatsapp sms email`. */
  intents?: readonly string[] | string | null | undefined
  /** Explain mode, events and outcomes in the console. Default: false. */
  debug?: boolean | undefined
}
