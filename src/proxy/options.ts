import type { ProxyLog } from './log.js'

/** Options of a first-party proxy (contract section 14). */
export interface ProxyOptions {
  /**
   * The site's secret, at least 16 characters. If it is missing or shorter, every event gets 500 `PROXY_NOT_CONFIGURED`,
   * and trackers keep it until the secret is there.
   */
  secret: string | undefined
  /** Base URL of the ingestion server, such as `https://console.example.com`. */
  consoleUrl: string
  /**
   * The one site that this proxy serves, as a UUID or a 32-hex public id. An event of any other site is refused.
   *
   * @default the site that the body names; the signature still has to match it
   */
  siteId?: string | undefined
  /**
   * Further origins whose pages may call the proxy and read its responses, besides the proxy's own host: a second domain,
   * `www`. A list, or one text with commas in it, as an environment variable holds it.
   *
   * @default none
   * @example 'https://www.shop.example, https://m.shop.example'
   */
  origins?: string | readonly string[] | undefined
  /**
   * Returns the visitor's address if the platform writes it into its own header, such as `CF-Connecting-IP`. The
   * platform has to overwrite that header; otherwise a visitor can choose its value.
   *
   * @default the proxy's second argument. If that is missing too, no `X-Forwarded-For` is sent, and the server counts all
   * visitors of this proxy together
   */
  clientAddress?: ((request: Request) => string | null | undefined) | undefined
  /**
   * Number of your own load balancers in front of the proxy, each of which appends its peer to `X-Forwarded-For`. The
   * visitor's address is then the entry that many places from the right. Cannot be combined with `clientAddress`.
   *
   * @default 0: nothing in a request's `X-Forwarded-For` is believed
   */
  trustedHops?: number | undefined
  /**
   * Milliseconds for the whole exchange with the ingestion server: connection, headers and body.
   *
   * @default 4000
   */
  timeout?: number | undefined
  /** Called with the outcome of each request, allowed preflights excepted. Errors that it throws are ignored. */
  log?: ProxyLog | undefined
  /**
   * Returns Unix time in milliseconds.
   *
   * @default Date.now
   */
  now?: (() => number) | undefined
  /**
   * Sends the request to the ingestion server.
   *
   * @default the global `fetch`
   */
  fetch?: typeof fetch | undefined
  /**
   * Signs the bytes of a body (contract section 3). Only for a runtime without WebCrypto, such as jest's jsdom.
   *
   * @default HMAC-SHA256 by WebCrypto
   */
  sign?: ((secret: string, ts: string, body: Uint8Array) => Promise<string>) | undefined
}
