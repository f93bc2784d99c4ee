import type { IncomingMessage, ServerResponse } from 'node:http'
import { CALL_EVENT_V1, CALL_EVENT_V2, SYNC } from '../../contract/paths.js'
import type { Client, Reply, Scenario, Script, Try } from '../client/client.js'
import { SECRET } from '../client/checks.js'
import { listen, readAll, type Listening } from './listen.js'

/** Milliseconds for a client to start and send its first request. */
const START = 20_000

/** Makes the client record one intent, in the way the scenario says; gives what ends it. */
export type Drive = (scenario: Scenario) => Promise<() => Promise<void>>

/** Answers what is not a scenario's own path; false where it does not either. */
export type Pages = (request: IncomingMessage, response: ServerResponse) => boolean

interface Play {
  script: Script
  tries: Try[]
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

const sendReply = (request: IncomingMessage, response: ServerResponse, reply: Reply): void => {
  if (reply === 'reset') request.socket.destroy()
  else
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
    sendReply(request, response, replies[Math.min(play.tries.length, replies.length) - 1]!)
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
    const over = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, START)
      plays.set(siteId, {
        script,
        tries,
        first: 0,
        came() {
          if (tries.length >= (script.until ?? Infinity)) resolve()
          if (tries.length > 1) return
          clearTimeout(timer)
          timer = setTimeout(resolve, script.listen)
        },
      })
    })
    const base = `${url}/s/${siteId}`
    const stop = await drive({
      consoleUrl: base,
      proxyUrl: base + '/proxy',
      siteId,
      secret: SECRET,
      mode,
    })
    try {
      await over
      return [...tries]
    } finally {
      clearTimeout(timer)
      await stop()
    }
  }
  return { url, close, client: { mode, play } }
}
