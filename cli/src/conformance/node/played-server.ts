import type { IncomingMessage, ServerResponse } from 'node:http'
import { CALL_EVENT_V1, CALL_EVENT_V2, SYNC } from '@opsmantik/tracker/contract'
import {
  SECRET,
  type Client,
  type ClientReply,
  type Scenario,
  type Script,
  type Try,
} from '../client/client.js'
import { listen, readAll, type Listening } from './listen.js'

/** Milliseconds for a client to start and send its first request. */
const START = 20_000

/** A client at work in one scenario. */
export interface Driven {
  /** Closes its page and opens it again, without another intent; absent if it has none. */
  reopen?(): Promise<void>
  stop(): Promise<void>
}

/** Makes the client record its intents, in the way the scenario says. */
export interface Drive {
  (scenario: Scenario): Promise<Driven>
  /** Whether what it drives has a page that can be opened again. */
  canReopen: boolean
}

/** Answers what is not a scenario's own path; false where it does not either. */
export type Pages = (request: IncomingMessage, response: ServerResponse) => boolean

interface Play {
  script: Script
  tries: Try[]
  /** Requests that were left without a response; they end with the scenario. */
  hanging: ServerResponse[]
  first: number
  came(): void
}

const CORS = {
  'Access-Control-Allow-Methods': 'POST, OPTIONS',
  'Access-Control-Allow-Headers': 'Content-Type, X-Ops-Site-Id, X-Ops-Ts, X-Ops-Signature',
  'Access-Control-Expose-Headers': 'Retry-After, RateLimit, RateLimit-Policy, X-Request-Id',
  'Access-Control-Max-Age': '7200',
  Vary: 'Origin',
}

const corsFor = (request: IncomingMessage): Record<string, string> => ({
  ...CORS,
  ...(request.headers.origin ? { 'Access-Control-Allow-Origin': request.headers.origin } : {}),
})

const sendReply = (
  request: IncomingMessage,
  response: ServerResponse,
  reply: ClientReply,
): void => {
  if (reply === 'reset') request.socket.destroy()
  else if (reply !== 'hang')
    response
      .writeHead(reply.status, {
        ...corsFor(request),
        ...(reply.body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...reply.headers,
      })
      .end(reply.body)
}

const asObject = (text: string): Record<string, unknown> => {
  try {
    return Object(JSON.parse(text))
  } catch {
    return {}
  }
}

/** The server that fails in scripted ways, for clients to be judged by. */
export const playServer = async (
  mode: Scenario['mode'],
  drive: Drive,
  { port = 0, pages }: { port?: number; pages?: Pages | undefined } = {},
): Promise<Listening & { client: Client }> => {
  const plays = new Map<string, Play>()

  const receive = async (
    play: Play,
    path: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> => {
    const body = new TextDecoder().decode(await readAll(request))
    const now = performance.now()
    if (play.tries.length === 0) play.first = now
    play.tries.push({
      at: now - play.first,
      path,
      headers: new Headers(request.headers as Record<string, string>),
      body,
      json: asObject(body),
      received: Math.floor(Date.now() / 1000),
    })
    const { replies } = play.script
    const reply = replies[Math.min(play.tries.length, replies.length) - 1]!
    if (reply === 'hang') play.hanging.push(response)
    sendReply(request, response, reply)
    play.came()
  }

  const { url, close } = await listen((request, response) => {
    const [, id = '', path = ''] = /^\/s\/([\da-f]+)(\/[^?]*)/.exec(request.url ?? '') ?? []
    const play = plays.get(id)
    const isEvent = [CALL_EVENT_V1, CALL_EVENT_V2, '/proxy'].includes(path)
    if (request.method === 'OPTIONS') response.writeHead(204, corsFor(request)).end()
    else if (play && isEvent && request.method === 'POST')
      receive(play, path, request, response).catch(() => response.destroy())
    else if (path === SYNC)
      response
        .writeHead(200, { ...corsFor(request), 'Content-Type': 'application/json' })
        .end('{"ok":true,"status":"synced","accepted":1,"request_id":"x"}')
    else if (!pages?.(request, response)) response.writeHead(404).end()
  }, port)

  const play = async (script: Script): Promise<Try[]> => {
    const siteId = crypto.randomUUID().replaceAll('-', '')
    let timer: ReturnType<typeof setTimeout> | undefined
    const tries: Try[] = []
    const hanging: ServerResponse[] = []
    let driven: Driven | undefined
    let reopening: ReturnType<typeof setTimeout> | undefined
    const over = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, START)
      plays.set(siteId, {
        script,
        tries,
        hanging,
        first: 0,
        came() {
          if (tries.length >= (script.until ?? Infinity)) resolve()
          if (tries.length > 1) return
          clearTimeout(timer)
          timer = setTimeout(resolve, script.listen)
          if (script.reopenAfter !== undefined)
            reopening = setTimeout(() => void driven?.reopen?.(), script.reopenAfter)
        },
      })
    })
    const base = `${url}/s/${siteId}`
    driven = await drive({
      consoleUrl: base,
      proxyUrl: base + '/proxy',
      siteId,
      secret: SECRET,
      mode,
      presses: script.presses ?? 1,
      query: script.query ?? '',
    })
    try {
      await over
      return [...tries]
    } finally {
      clearTimeout(timer)
      clearTimeout(reopening)
      await driven.stop()
      for (const response of hanging) response.destroy()
    }
  }
  return { url, close, client: { mode, canReopen: drive.canReopen, play } }
}
