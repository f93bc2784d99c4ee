import type { Exchange } from '../exchange.js'

/** How the played server answers one try. `reset`: it closes the connection. */
export type Reply = 'reset' | { status: number; body?: string; headers?: Record<string, string> }

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
}

export interface Script {
  /** The answers, in the order of the tries; the last one is given to all that follow. */
  replies: readonly Reply[]
  /** Milliseconds to go on listening after the first request. It ends earlier once so many tries have come. */
  listen: number
  until?: number
}

/** A client under test: told to send one event, and watched. */
export interface Client {
  mode: Scenario['mode']
  /** Lets the client record one intent, answers by the script, and gives every try that came. */
  play(script: Script): Promise<Try[]>
}

/** An exchange for a report. */
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
