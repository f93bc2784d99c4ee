import {
  CALL_EVENT_V1,
  CALL_EVENT_V2,
  PROXY_HOST_HEADER,
  sign,
  SIGNATURE_HEADER,
  SITE_ID_HEADER,
  SYNC,
  TIMESTAMP_HEADER,
} from '@opsmantik/tracker/contract'
import { Limited, NotSeen } from '../check.js'
import type { Converse } from '../../probe/converse.js'
import { bytesOf, exchange, type Exchange, type OutgoingRequest } from '../../probe/exchange.js'
import { rootOf } from '../../probe/failure.js'
import { earlyRefusal } from './early-refusal.js'
import { searchForLeaks } from './leaks.js'
import type { Connect, Connection } from '../../probe/websocket.js'

/** What the kit is told of a server. Each thing that is missing leaves the checks that need it unseen. */
export interface ServerOptions {
  /** Base URL, such as `https://console.example.com`. */
  url: string
  /** An origin of `ALLOWED_ORIGINS`. Default: the server's own. */
  origin?: string | undefined
  /** The UUID or 32-hex public id of a site that exists. */
  siteId?: string | undefined
  /** That site's current secret. */
  secret?: string | undefined
  /** That site's next secret, where one waits. */
  nextSecret?: string | undefined
  /** A second site that exists: UUID or public id. */
  otherSiteId?: string | undefined
  /** The second site's current secret. */
  otherSecret?: string | undefined
  /** Base URL of another process of the same server, on the same database. */
  peerUrl?: string | undefined
  /** Load balancers that the server trusts and that the kit's requests do not pass. Default: 0. */
  trustedProxyHops?: number | undefined
  /** The live feed's token. */
  liveToken?: string | undefined
  /** A token that reads the recorded calls of `siteId`, and of no other site. */
  siteToken?: string | undefined
  /** Default: the global `fetch`. */
  fetch?: typeof fetch | undefined
  /** Opens WebSockets, with whatever headers. Without it section 12 stays unseen. */
  connect?: Connect | undefined
  /** Writes to a socket by hand. Without it, what the socket layer answers by itself stays unseen. */
  converse?: Converse | undefined
  /** Also run checks that wait for more than 15 s. */
  slow?: boolean | undefined
  /** Leave `/api/sync` out: only call events are judged. */
  withoutSync?: boolean | undefined
  /** Ends the server's process, as `kill -9` does, and starts it again. Without it nothing durable is judged. */
  restart?: (() => Promise<void>) | undefined
  /** Returns the recorded calls with this fingerprint as JSON lines. Without it stored rows stay unseen. */
  readRows?: ((fingerprint: string) => Promise<string>) | undefined
}

export type Body = string | Uint8Array<ArrayBuffer>
type HeaderMap = Record<string, string>

export interface Signed {
  path?: string
  origin?: string | null
  headers?: HeaderMap
  secret?: string
  /** The site that the header names. */
  site?: string
  /** The characters of `X-Ops-Ts`. */
  ts?: string
  signature?: (made: string) => string
  chunked?: boolean
}

/** What rows a run has left behind. */
export interface Traces {
  fingerprint: string
  calls: number
  views: number
  /** Requests that were sent, 429s among them. */
  requests: number
}

/** The server under test, as one check sees it: by a user agent of its own, so that no check uses up another's limits. */
export interface Server {
  origin: string
  siteId: string
  secret: string
  options: ServerOptions
  traces: Traces
  /** The paths that take events: sync among them, unless it is left out. */
  posts: readonly string[]
  /** The server's clock, Unix seconds. */
  now(): number
  ask(path: string, request?: Partial<Omit<OutgoingRequest, 'url'>>): Promise<Exchange>
  preflight(path: string, origin: string | null, headers?: HeaderMap): Promise<Exchange>
  /** An unsigned POST from the allowed origin. */
  post(path: string, body: Body | undefined, headers?: HeaderMap): Promise<Exchange>
  /** A signed POST: V1 from the allowed origin unless told otherwise. */
  send(body: Body, how?: Signed): Promise<Exchange>
  /** `send` of a call event as JSON. */
  call(event: object, how?: Signed): Promise<Exchange>
  sync(event: object, headers?: HeaderMap): Promise<Exchange>
  signature(body: Body, how?: Signed): Promise<HeaderMap>
  /** A call event with an id of its own. */
  event(fields?: object): Record<string, unknown>
  /** A page view. */
  view(fields?: object): Record<string, unknown>
  connect(path: string, headers: HeaderMap): Promise<Connection>
  /** Another process of the same server. */
  peer(): Server
  /** Closes every WebSocket that the check has opened. */
  end(): void
}

export const POSTS: readonly string[] = [CALL_EVENT_V1, CALL_EVENT_V2, SYNC]
/** An origin that no list can have: RFC 2606 keeps `.invalid` free. */
export const FOREIGN = 'https://conformance.invalid'
/** What every row of a run has in its fingerprint. */
const MARK = 'conformance-'

export const randomFingerprint = (): string => MARK + crypto.randomUUID()

interface Shared {
  options: ServerOptions
  traces: Traces
  offset: number
}

/**
 * Learns the server's clock, which judges every timestamp.
 *
 * @throws NotSeen if nothing answers at the URL
 * @throws Limited if the limit of this address is used up
 */
export const openServer = async (options: ServerOptions): Promise<(agent: string) => Server> => {
  const base = new URL(options.url)
  const shared: Shared = {
    options: {
      ...options,
      origin: options.origin ?? base.origin,
      url: base.href.replace(/\/+$/, ''),
      peerUrl: options.peerUrl?.replace(/\/+$/, ''),
    },
    traces: { fingerprint: randomFingerprint(), calls: 0, views: 0, requests: 0 },
    offset: 0,
  }
  const began = Date.now()
  const probe = serverFor(shared, 'clock', true)
  let answer: Exchange
  try {
    answer = await probe.post(CALL_EVENT_V1, '{}')
    if (!answer.json['server_ts']) answer = await probe.ask('/api/health')
  } catch (error) {
    if (error instanceof Limited) throw error
    throw new NotSeen(`nothing answers at ${shared.options.url}: ${rootOf(error).message}`)
  }
  const { server_ts: stamp, ts } = answer.json
  const date = Date.parse(answer.headers.get('date') ?? '') / 1000
  const theirs = [Number(stamp), Number(ts), date].find(
    (seconds) => seconds > 1e9 && seconds < 1e11,
  )
  if (theirs !== undefined) {
    // An answer within the same second tells nothing about fractions, so only what is more than that is an offset.
    const ours = (began + Date.now()) / 2000
    if (Math.abs(theirs - ours) > 2) shared.offset = theirs - ours
  }
  return (agent) => serverFor(shared, agent, agent.startsWith(PROVOKING))
}

/** Ids of the checks that use up limits: their own, by a user agent of their own. */
const PROVOKING = 'limit.'
/** Limits that no check uses up, because everybody at this address shares them. */
const SHARED_LIMITS = ['address', 'share', 'site']
const LONGEST_WAIT_SECONDS = 60

/** Returns which limit a 429 reports, if the check did not provoke it. */
const unprovoked = ({ status, headers }: Exchange, isProvoking: boolean): Limited | undefined => {
  if (status !== 429) return undefined
  const limit = /"([^"]*)";r=0\b/.exec(headers.get('ratelimit') ?? '')?.[1] ?? ''
  if (isProvoking && !SHARED_LIMITS.includes(limit)) return undefined
  const seconds = Number(headers.get('retry-after')) || LONGEST_WAIT_SECONDS
  return new Limited(limit, Math.min(Math.max(seconds, 1), LONGEST_WAIT_SECONDS))
}

/** @param isProvoking whether a 429 is something that the caller looks at */
const serverFor = (shared: Shared, agent: string, isProvoking: boolean): Server => {
  const { options, traces } = shared
  const run = traces.fingerprint.slice(MARK.length, MARK.length + 8)
  const origin = options.origin!
  const need = (name: 'siteId' | 'secret', flag: string): string => {
    const value = options[name]
    if (!value) throw new NotSeen(`needs ${flag}`)
    return value
  }

  const connections: Connection[] = []
  let hasEnded = false
  let other: Server | undefined
  const server: Server = {
    origin,
    options,
    traces,
    posts: options.withoutSync ? POSTS.filter((path) => path !== SYNC) : POSTS,
    get siteId() {
      return need('siteId', '--site-id')
    },
    get secret() {
      return need('secret', '--secret-env')
    },
    now: () => Math.floor(Date.now() / 1000 + shared.offset),
    async ask(path, { method = 'GET', headers = {}, ...more } = {}) {
      traces.requests++
      const request = {
        method,
        url: options.url + path,
        // Limits look at 64 characters; a run must not meet what the one before it has used up.
        headers: { 'User-Agent': `opsmantik-conformance ${run} ${agent}`, ...headers },
        ...more,
      }
      const answer = await exchange(request, options.fetch ?? fetch).catch(
        async (error: unknown) => {
          const refused = await earlyRefusal(request, error, options.converse)
          if (!refused) throw error
          return refused
        },
      )
      searchForLeaks(options, traces, answer)
      const limited = unprovoked(answer, isProvoking)
      if (limited) throw limited
      return answer
    },
    preflight: (path, from, headers = {}) =>
      server.ask(path, {
        method: 'OPTIONS',
        headers: {
          ...(from === null ? {} : { Origin: from }),
          'Access-Control-Request-Method': 'POST',
          'Access-Control-Request-Headers': 'content-type,x-ops-site-id,x-ops-signature,x-ops-ts',
          ...headers,
        },
      }),
    post: (path, body, headers = {}) =>
      server.ask(path, {
        method: 'POST',
        headers: { Origin: origin, 'Content-Type': 'application/json', ...headers },
        body,
      }),
    async signature(body, how = {}) {
      const ts = how.ts ?? String(server.now())
      const made = await sign(how.secret ?? server.secret, ts, bytesOf(body))
      return {
        [SITE_ID_HEADER]: how.site ?? server.siteId,
        [TIMESTAMP_HEADER]: ts,
        [SIGNATURE_HEADER]: how.signature ? how.signature(made) : made,
      }
    },
    async send(body, how = {}) {
      const path = how.path ?? CALL_EVENT_V1
      // On V2 the limit knows no user agent: a proxy host of its own keeps a check within a share of its own.
      const host = path === CALL_EVENT_V2 ? { [PROXY_HOST_HEADER]: `${agent}.${run}.invalid` } : {}
      const from = how.origin === undefined ? origin : how.origin
      const answer = await server.ask(path, {
        method: 'POST',
        headers: {
          ...(from === null ? {} : { Origin: from }),
          'Content-Type': 'application/json',
          ...host,
          ...(await server.signature(body, how)),
          ...how.headers,
        },
        body,
        ...(how.chunked ? { chunked: true } : {}),
      })
      if (/matched/.test(String(answer.json['status']))) traces.calls++
      if (path === SYNC) traces.views += Number(answer.json['accepted']) || 0
      return answer
    },
    call: (event, how) => server.send(JSON.stringify(event), how),
    async sync(event, headers) {
      if (options.withoutSync) throw new NotSeen('sync is left out of this run')
      const answer = await server.post(SYNC, JSON.stringify(event), headers)
      traces.views += Number(answer.json['accepted']) || 0
      return answer
    },
    event: (fields) => ({
      site_id: server.siteId,
      fingerprint: traces.fingerprint,
      event_id: crypto.randomUUID(),
      intent_action: 'conformance',
      ...fields,
    }),
    view: (fields) => ({
      s: server.siteId,
      u: `${origin}/conformance`,
      sid: crypto.randomUUID(),
      sm: new Date(server.now() * 1000).toISOString().slice(0, 8) + '01',
      ec: 'page',
      ea: 'view',
      meta: { fp: traces.fingerprint },
      ...fields,
    }),
    async connect(path, headers) {
      if (!options.connect) throw new NotSeen('no WebSocket can be opened to this target')
      const connection = await options.connect(options.url.replace(/^http/, 'ws') + path, headers)
      if (hasEnded) connection.close()
      else connections.push(connection)
      const seen: Exchange = {
        request: { method: 'GET', url: options.url + path, headers },
        status: connection.status,
        headers: connection.headers,
        text: connection.text,
        json: {},
      }
      searchForLeaks(options, traces, seen)
      const limited = unprovoked(seen, isProvoking)
      if (limited) throw limited
      return connection
    },
    peer() {
      const { peerUrl: url } = options
      if (!url) throw new NotSeen('needs --peer-url, another process of the same server')
      other ??= serverFor({ ...shared, options: { ...options, url } }, agent, isProvoking)
      return other
    },
    end() {
      hasEnded = true
      other?.end()
      for (const connection of connections) connection.close()
    },
  }
  return server
}
