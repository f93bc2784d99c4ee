import { NotSeen } from '../check.js'
import { exchange, type Exchange, type OutgoingRequest } from '../../probe/exchange.js'
import type { Body } from '../server/server.js'

/** A request that reached the console behind the proxy. */
export interface Forwarded {
  method: string
  path: string
  headers: Headers
  body: Uint8Array<ArrayBuffer>
}

/**
 * How the console behind the proxy responds. `hang`: never. `drip`: the headers at once, then a byte every 500 ms, without
 * an end. `reset`: it closes the connection.
 */
export type PlayedReply =
  'hang' | 'drip' | 'reset' | { status: number; body?: string; headers?: Record<string, string> }

/** The console that the kit plays behind the proxy. Events are told apart by their `event_id`. */
export interface PlayedConsole {
  /** What the proxy has to be told as its console URL. */
  url: string
  answer(eventId: string, reply: PlayedReply): void
  /** What has arrived with this id. */
  received(eventId: string): Forwarded[]
  /** Requests whose body names no event that the kit has made. */
  strays(): Forwarded[]
}

export interface ProxyCheckOptions {
  /** The proxy's address for call events. */
  url: string
  /** Its address for page views. Default: the same. */
  syncUrl?: string | undefined
  /** The origin of the pages that the proxy serves. Default: its own. */
  origin?: string | undefined
  /** A further origin that the proxy is configured to allow, such as `https://m.shop.example`. */
  furtherOrigin?: string | undefined
  /** The proxy's site: UUID or 32-hex public id. */
  siteId: string
  /** The secret that the proxy signs with; without it signatures stay unseen. */
  secret?: string | undefined
  console: PlayedConsole
  fetch?: typeof fetch | undefined
}

export interface ProxyTarget {
  options: ProxyCheckOptions
  origin: string
  secret: string
  console: PlayedConsole
  ask(url: string, request: Partial<Omit<OutgoingRequest, 'url'>>): Promise<Exchange>
  /** A POST as the tracker sends it. */
  post(body: Body, headers?: Record<string, string>): Promise<Exchange>
  /** A page view as the tracker sends it. */
  sync(body: Body): Promise<Exchange>
  /** A call event and its id. */
  event(fields?: object): [id: string, body: string]
}

export const openProxy = (options: ProxyCheckOptions): ((agent: string) => ProxyTarget) => {
  const origin = options.origin ?? new URL(options.url).origin
  return (agent) => {
    const send = (url: string, body: Body, headers: Record<string, string>): Promise<Exchange> =>
      proxy.ask(url, {
        headers: { Origin: origin, 'Content-Type': 'text/plain;charset=UTF-8', ...headers },
        body,
      })
    const proxy: ProxyTarget = {
      options,
      origin,
      console: options.console,
      get secret() {
        if (!options.secret)
          throw new NotSeen('needs --secret-env, the secret that the proxy signs with')
        return options.secret
      },
      ask: (url, { headers = {}, ...more }) =>
        exchange(
          {
            method: 'POST',
            url,
            headers: { 'User-Agent': `opsmantik-conformance ${agent}`, ...headers },
            ...more,
          },
          options.fetch ?? fetch,
        ),
      post: (body, headers = {}) => send(options.url, body, headers),
      sync: (body) => send(options.syncUrl ?? options.url, body, {}),
      event(fields) {
        const id = crypto.randomUUID()
        const event = {
          site_id: options.siteId,
          fingerprint: 'conformance',
          event_id: id,
          intent_action: 'conformance',
          ...fields,
        }
        return [id, JSON.stringify(event)]
      },
    }
    return proxy
  }
}
