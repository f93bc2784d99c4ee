/** Configures a tracker: the argument of `createTracker`, or the embed's `data-ops-*` attributes. */
export interface Options {
  /**
   * The site's UUID or 32-hex public id. Required: without it nothing leaves the page.
   *
   * @example '0123456789abcdef0123456789abcdef'
   */
  siteId: string
  /**
   * URL of the first-party proxy on the site's own domain, absolute or relative to the page. If set, it selects proxy
   * mode, whatever else is set, and the browser holds no secret. Default: none.
   *
   * @example '/ops/call-event'
   */
  proxyUrl?: string | null | undefined
  /**
   * The site's secret, at least 16 characters: signed mode, legacy. A secret in a browser is public; it proves
   * integrity and freshness, not who sent the event. Prefer `proxyUrl`. Default: none.
   *
   * @example 'a-secret-of-24-characters'
   */
  secret?: string | null | undefined
  /**
   * Base URL of the console, for signed mode. Default: the script's own origin; `createTracker` has none, and needs it
   * in signed mode.
   *
   * @example 'https://console.example.com'
   */
  consoleUrl?: string | null | undefined
  /**
   * URL that page views are sent to, absolute or relative to the page. Default: none, and no page view is sent.
   *
   * @example '/ops/sync'
   */
  syncUrl?: string | null | undefined
  /**
   * Kinds of links and forms that count, as a list or as words in a string: any of `phone whatsapp sms email form`.
   * Empty or `none`: only what the page itself marks. Default: all five.
   *
   * @example ['phone', 'whatsapp']
   */
  intents?: readonly string[] | string | null | undefined
  /**
   * `'required'`: nothing is stored or sent until `consent(true)`, which the site calls on each page; what was pressed
   * meanwhile waits in memory. Default: consent is not asked for.
   *
   * @example 'required'
   */
  consent?: 'required' | null | undefined
  /**
   * `'ignore'`: Global Privacy Control changes nothing. Default: it is honoured, so an event of such a visitor carries
   * no ad click id and an id that lasts as long as the tab.
   *
   * @example 'ignore'
   */
  gpc?: 'ignore' | null | undefined
  /**
   * Explain the mode, each event and each outcome in the console. Default: false.
   *
   * @example true
   */
  debug?: boolean | undefined
}

type Dashed<Name extends string> = Name extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? First : `-${Lowercase<First>}`}${Dashed<Rest>}`
  : Name

/**
 * Reads a setting by the name that it has in the embed, without `data-ops-`. Returns nothing if it is not set. A name that is
 * no option does not compile, so that `createTracker` and the script tag have the same settings.
 */
export type Read = (name: Dashed<keyof Options>) => string | null | undefined

/**
 * Returns a reader of options in the form of the embed: a list becomes words, true an attribute without a value, false
 * no attribute.
 */
export const readOptions =
  (options: Options): Read =>
  (name) => {
    const key = name.replace(/-(.)/, (_, letter: string) => letter.toUpperCase())
    const value = options[key as keyof Options] ?? false
    return value === false ? null : value === true ? '' : String(value)
  }
