import type { RedisLink } from './redis-link.js'

/** Milliseconds before a broken subscription is made again. */
const RESUBSCRIBE = 500
const SUBSCRIBE_TIMEOUT = 2_000

/** Redis through Upstash's REST interface, for places that have no sockets: `POST /pipeline`, and events for pub/sub. */
export const createUpstashLink = (url: string, token: string): RedisLink => {
  const base = url.replace(/\/+$/, '')
  const headers = { Authorization: `Bearer ${token}` }
  const closing = new AbortController()

  const send = async (commands: readonly (readonly string[])[]): Promise<unknown[]> => {
    const response = await fetch(`${base}/pipeline`, {
      method: 'POST',
      headers: { ...headers, 'Content-Type': 'application/json' },
      body: JSON.stringify(commands),
      signal: closing.signal,
    })
    // The body may repeat what was sent; the status says enough.
    if (!response.ok) throw new Error(`Upstash answered ${response.status}`)
    const replies = (await response.json()) as { result?: unknown; error?: string }[]
    const failed = replies.find(({ error }) => error !== undefined)
    if (failed !== undefined) throw new Error(`Upstash: ${failed.error}`)
    return replies.map(({ result }) => result)
  }

  /** Reads one event stream until it ends. Calls `onOpen` when the subscription stands. */
  const listen = async (
    channel: string,
    onText: (text: string) => void,
    onOpen: () => void,
  ): Promise<void> => {
    const response = await fetch(`${base}/subscribe/${encodeURIComponent(channel)}`, {
      method: 'POST',
      headers: { ...headers, Accept: 'text/event-stream' },
      signal: closing.signal,
    })
    if (!response.ok || response.body === null)
      throw new Error(`Upstash answered ${response.status}`)
    let rest = ''
    for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + piece).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        // `data: message,<channel>,<payload>`; the payload may have commas too.
        const [, kind, , payload] = /^data: ?(\w+),([^,]*),(.*)$/.exec(line.trimEnd()) ?? []
        if (kind === 'subscribe') onOpen()
        else if (kind === 'message') onText(payload!)
      }
    }
  }
  return {
    send,
    subscribe: (channel, onText) =>
      new Promise((resolve) => {
        setTimeout(resolve, SUBSCRIBE_TIMEOUT).unref()
        void (async () => {
          while (!closing.signal.aborted) {
            await listen(channel, onText, resolve).catch(() => {})
            await new Promise((again) => setTimeout(again, RESUBSCRIBE).unref())
          }
        })()
      }),
    close: async () => closing.abort(),
  }
}
