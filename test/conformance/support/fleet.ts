import { createApp } from '../../../server-reference/src/index.js'
import { ORIGIN } from '../../../server-reference/src/testing/sign.js'
import { createWorld } from '../../../server-reference/src/testing/world.js'
import type { Connect, Result } from '../../../cli/src/conformance/index.js'
import type { LiveMessage } from '../../../src/contract/index.js'
import { runAgainst, URL_OF_APP } from '../reference.js'

export const TOKEN = 'the-live-token'
const PEER = 'https://peer.example'

export type ServerChange = (message: LiveMessage, url: string) => LiveMessage | undefined

export interface FleetOptions {
  /** Changes or leaves out what a reader is sent. */
  change?: ServerChange
  /** A reader that comes back is sent what it has seen, too. */
  resendsAll?: boolean
  /** Returns true if an origin may read. */
  allows?: (origin: string | undefined) => boolean
  /** Returns true if this is the token, from the subprotocols or from the address. */
  isToken?: (token: string | undefined) => boolean
  /** Returns the response to a refused handshake. */
  refusal?: (status: number) => { text: string; headers: Record<string, string> }
  /** The subprotocol of the accepted handshake. */
  protocol?: string
  /** Returns the text of a message. */
  write?: (message: LiveMessage) => string
  /** Closes an accepted connection at once, with this code. */
  closesWith?: (origin: string | undefined, token: string | undefined) => number | undefined
}

const refusalOf = (status: number): { text: string; headers: Record<string, string> } => ({
  text: JSON.stringify({
    error: 'Refused',
    code: status === 403 ? 'ORIGIN_NOT_ALLOWED' : 'LIVE_TOKEN_REQUIRED',
  }),
  headers: { 'x-request-id': crypto.randomUUID(), 'content-type': 'application/json' },
})

/** Creates two processes of the reference server on one store: their apps, and a feed without a socket that shows both. */
export const fleet = ({
  change = (message) => message,
  resendsAll = false,
  allows = (origin) => origin === ORIGIN,
  isToken = (token) => token === TOKEN,
  refusal = refusalOf,
  protocol = 'ops.live.v1',
  write = (message) => JSON.stringify(message),
  closesWith = () => undefined,
}: FleetOptions = {}): ((only: string[]) => Promise<Result[]>) => {
  const world = createWorld({ liveToken: TOKEN })
  const app = createApp(world)
  const history: LiveMessage[] = []
  const readers = new Set<(message: LiveMessage) => void>()
  world.feed.subscribe((message) => {
    history.push(message)
    for (const read of readers) read(message)
  })
  const connect: Connect = async (url, headers) => {
    const { searchParams } = new URL(url)
    const protocols = headers['Sec-WebSocket-Protocol']?.split(', ') ?? []
    const named = protocols.find((one) => one.startsWith('token.'))?.slice('token.'.length)
    const token = named ?? searchParams.get('token') ?? undefined
    const status = !allows(headers['Origin']) ? 403 : isToken(token) ? 101 : 401
    const refused = status === 101 ? undefined : refusal(status)
    const code = status === 101 ? closesWith(headers['Origin'], token) : undefined
    const inbox: LiveMessage[] = []
    const after = searchParams.get('after')
    const put = (message: LiveMessage): void => {
      const changed = change(message, url)
      if (changed) inbox.push(changed)
    }
    const missed = resendsAll ? 0 : history.findIndex(({ id }) => id === after) + 1
    if (after) history.slice(missed).forEach(put)
    if (status === 101) readers.add(put)
    return {
      status,
      headers: new Headers(refused?.headers ?? { 'sec-websocket-protocol': protocol }),
      text: refused?.text ?? '',
      async next(ms) {
        const deadline = Date.now() + Math.min(ms, 200)
        while (inbox.length === 0 && Date.now() < deadline)
          await new Promise((resolve) => setTimeout(resolve, 2))
        const message = inbox.shift()
        return message && write(message)
      },
      closed: async () => code,
      pinged: async () => true,
      close: () => void readers.delete(put),
    }
  }
  return (only) =>
    runAgainst(
      (request) => app.fetch(new Request(request.url.replace(PEER, URL_OF_APP), request)),
      { only },
      { liveToken: TOKEN, connect, peerUrl: PEER, slow: true },
    )
}
