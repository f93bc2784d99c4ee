import type { Forwarded, PlayedConsole, PlayedReply } from '../proxy/proxy.js'
import { listen, readAll, type Listening } from './listen.js'

const EVENT_ID = /"event_id"\s*:\s*"([^"]+)"/

/** Well below every per-read time-out, so that only a deadline for the whole exchange ends it. */
const DRIP_MS = 500

const recorded = (): PlayedReply => ({
  status: 200,
  body: JSON.stringify({
    status: 'unmatched',
    call_id: crypto.randomUUID(),
    session_id: null,
    ok: true,
    accepted: 1,
    request_id: 'conformance',
  }),
})

/** The console behind a proxy under test, played by the kit on a port of its own. */
export const playConsole = async (
  port = 0,
  host?: string,
): Promise<PlayedConsole & Pick<Listening, 'close'>> => {
  const replies = new Map<string, PlayedReply>()
  const received = new Map<string, Forwarded[]>()
  const strays: Forwarded[] = []
  const { url, close } = await listen(
    (request, response) => {
      readAll(request).then(
        (body) => {
          const id = EVENT_ID.exec(new TextDecoder().decode(body))?.[1] ?? ''
          const forwarded: Forwarded = {
            method: request.method ?? '',
            path: request.url ?? '',
            headers: new Headers(request.headers as Record<string, string>),
            body,
          }
          if (id === '') strays.push(forwarded)
          else received.set(id, [...(received.get(id) ?? []), forwarded])
          const reply = replies.get(id) ?? recorded()
          if (reply === 'reset') request.socket.destroy()
          else if (reply === 'drip') {
            response.writeHead(200, { 'Content-Type': 'application/json' }).write('{')
            const drops = setInterval(() => response.write(' '), DRIP_MS)
            response.on('close', () => clearInterval(drops))
          } else if (reply !== 'hang')
            response
              .writeHead(reply.status, {
                ...(reply.body === undefined ? {} : { 'Content-Type': 'application/json' }),
                ...reply.headers,
              })
              .end(reply.body)
        },
        // The proxy went away in the middle; its check sees that nothing came.
        () => {},
      )
    },
    port,
    host,
  )
  return {
    url,
    close,
    answer: (id, reply) => void replies.set(id, reply),
    received: (id) => received.get(id) ?? [],
    strays: () => strays,
  }
}
