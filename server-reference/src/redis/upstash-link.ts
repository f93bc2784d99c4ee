import { Agent, request, type ClientRequest, type IncomingMessage } from 'node:http'
import { Agent as TlsAgent, request as tlsRequest } from 'node:https'
import type { RedisLink } from './redis-link.js'
import { createLineReader } from './line-reader.js'

/** Maximum number of connections. A command that finds none free waits for one, no longer than the store's patience. */
const MAX_SOCKETS = 16
/** Bytes of an answer; the largest that is asked for is a twentieth of that. */
const MAX_ANSWER_BYTES = 1_048_576
/** Bytes of one line of an event stream. */
const MAX_LINE_BYTES = 1_048_576
/** Milliseconds before a broken subscription is made again. */
const RESUBSCRIBE_MS = 500
const SUBSCRIBE_TIMEOUT_MS = 2_000
const KEEP_ALIVE_MS = 30_000

/**
 * Redis through Upstash's REST interface: `POST /pipeline`, and server-sent events for pub/sub. Node's own HTTP client
 * instead of fetch, because it bounds the connections and keeps them between requests: a new one costs three round
 * trips. No error repeats the URL, which may contain a password.
 *
 * @param timeoutMs after which a request is aborted and its connection closed
 */
export const createUpstashLink = (url: string, token: string, timeoutMs: number): RedisLink => {
  const base = new URL(url)
  const isTls = base.protocol === 'https:'
  const options = { keepAlive: true, keepAliveMsecs: KEEP_ALIVE_MS, maxSockets: MAX_SOCKETS }
  const agent = isTls ? new TlsAgent(options) : new Agent(options)
  const closing = new AbortController()
  const prefix = base.pathname.replace(/\/+$/, '')

  const open = (path: string, headers: Record<string, string>, isLong: boolean): ClientRequest =>
    (isTls ? tlsRequest : request)({
      hostname: base.hostname.replace(/^\[(.*)\]$/, '$1'),
      ...(base.port && { port: base.port }),
      path: prefix + path,
      method: 'POST',
      // A subscription has a separate connection, for as long as it lasts.
      agent: isLong ? false : agent,
      headers: { Authorization: `Bearer ${token}`, ...headers },
      signal: closing.signal,
    })

  const post = (body: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const headers = {
        'Content-Type': 'application/json',
        'Content-Length': String(Buffer.byteLength(body)),
      }
      const sent = open('/pipeline', headers, false)
      const late = setTimeout(() => sent.destroy(new Error('no answer in time')), timeoutMs)
      const fail = (error: NodeJS.ErrnoException): void => {
        clearTimeout(late)
        reject(unreachable(error))
      }
      sent.on('error', fail)
      sent.on('response', (response) => {
        response.on('error', fail)
        readAll(response, MAX_ANSWER_BYTES, (text) => {
          clearTimeout(late)
          if (response.statusCode === 200 && text !== null) return resolve(text)
          // The body may repeat what was sent; the status says enough.
          const reason = text === null ? 'more than 1 MiB' : String(response.statusCode)
          reject(new Error(`Upstash answered ${reason}`))
        })
      })
      sent.end(body)
    })

  /** Reads one event stream until it ends. Calls `onOpen` when the subscription is established. */
  const listen = (
    channel: string,
    onText: (text: string) => void,
    onOpen: () => void,
  ): Promise<void> =>
    new Promise((resolve) => {
      const path = `/subscribe/${encodeURIComponent(channel)}`
      const sent = open(path, { Accept: 'text/event-stream', 'Content-Length': '0' }, true)
      const read = createLineReader(MAX_LINE_BYTES, (line) => {
        // `data: message,<channel>,<payload>`; the payload may contain commas too.
        const [, kind, , payload] = /^data: ?(\w+),([^,]*),(.*)$/s.exec(line) ?? []
        if (kind === 'subscribe') onOpen()
        else if (kind === 'message') onText(payload!)
      })
      sent.on('error', () => resolve())
      sent.on('close', () => resolve())
      sent.on('response', (response) => {
        response.socket.setKeepAlive(true, KEEP_ALIVE_MS)
        response.on('error', () => {})
        if (response.statusCode !== 200) return void sent.destroy()
        response.on('data', (bytes: Buffer) => {
          if (!read(bytes)) sent.destroy()
        })
      })
      sent.end()
    })

  return {
    isCluster: false,
    nodeTags: () => ['probe'],
    send: async (commands) =>
      repliesIn(await post(JSON.stringify(commands.map(({ args }) => args)))),
    subscribe: (channel, onText) =>
      new Promise((resolve) => {
        setTimeout(resolve, SUBSCRIBE_TIMEOUT_MS).unref()
        void (async () => {
          while (!closing.signal.aborted) {
            await listen(channel, onText, resolve)
            await new Promise((again) => setTimeout(again, RESUBSCRIBE_MS).unref())
          }
        })()
      }),
    close: async () => {
      closing.abort()
      agent.destroy()
    },
  }
}

const unreachable = (error: NodeJS.ErrnoException): Error =>
  new Error(`Upstash cannot be reached (${error.code ?? 'no answer in time'})`)

/** Calls `done` with the text, or with null as soon as it is longer than `maxBytes`. */
const readAll = (
  response: IncomingMessage,
  maxBytes: number,
  done: (text: string | null) => void,
): void => {
  const pieces: Buffer[] = []
  let bytes = 0
  response.on('data', (piece: Buffer) => {
    bytes += piece.length
    if (bytes <= maxBytes) return void pieces.push(piece)
    done(null)
    response.destroy()
  })
  response.on('end', () => done(Buffer.concat(pieces).toString()))
}

/** Returns the replies in a text, whose form is checked because the store's responses are untrusted. */
const repliesIn = (text: string): unknown[] => {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    throw new Error('Upstash answered something that is not JSON')
  }
  if (!Array.isArray(parsed)) throw new Error('Upstash answered something that is not a list')
  return parsed.map((reply: unknown) => {
    if (typeof reply !== 'object' || reply === null) throw new Error('Upstash: a reply is missing')
    if ('error' in reply) throw new Error(`Upstash: ${String(reply.error)}`)
    return 'result' in reply ? reply.result : undefined
  })
}
