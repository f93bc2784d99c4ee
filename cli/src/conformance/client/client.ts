import type { Exchange } from '../../probe/exchange.js'

/** How the played server responds to one try. `reset`: it closes the connection. `hang`: it never responds. */
export type ClientReply =
  'reset' | 'hang' | { status: number; body?: string; headers?: Record<string, string> }

/** One request of the client under test. */
export interface Try {
  /** Milliseconds since the scenario's first request. */
  at: number
  path: string
  headers: Headers
  body: string
  json: Record<string, unknown>
  /** The server's clock when it came, Unix seconds. */
  received: number
}

/** Where a client has to send to in one scenario. Each has a site of its own, so that none sees another's outbox. */
export interface Scenario {
  /** Base URL for signed mode. */
  consoleUrl: string
  /** URL for proxy mode. */
  proxyUrl: string
  siteId: string
  secret: string
  mode: 'signed' | 'proxy'
  /** How many intents to record, one right after the other. */
  presses: number
  /** The query of the page's own URL, with its question mark, or empty. */
  query: string
}

export interface Script {
  /** The responses, in the order of the tries; the last one is given to all that follow. */
  replies: readonly ClientReply[]
  /** Milliseconds to go on listening after the first request. It ends earlier once so many tries have come. */
  listen: number
  until?: number
  /** @default 1 */
  presses?: number
  /** @default '' */
  query?: string
  /** Milliseconds after the first request at which the page is closed and opened again, without another intent. */
  reopenAfter?: number
}

/** A client under test: records intents when asked to, and is watched. */
export interface Client {
  mode: Scenario['mode']
  /** Whether its page can be closed and opened again, with what it has stored. */
  canReopen: boolean
  /** Lets the client record its intents, responds by the script, and returns every try that came. */
  play(script: Script): Promise<Try[]>
}

/** The secret of every scenario's site. It is no secret. */
export const SECRET = 'conformance-secret-of-no-site'

/** Returns an exchange for a report. */
export const asExchange = (request: Try): Exchange => ({
  request: {
    method: 'POST',
    url: request.path,
    headers: Object.fromEntries(request.headers),
    body: request.body,
  },
  status: 0,
  headers: new Headers(),
  text: '',
  json: {},
})
