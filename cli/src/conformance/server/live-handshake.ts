import { LIVE } from '@opsmantik/tracker/contract'
import { must, NotSeen, section, type Check } from '../check.js'
import { asObject } from '../../probe/exchange.js'
import { PROTOCOL, tokenOf } from './live-feed.js'
import { lookAlikes } from './look-alikes.js'
import { FOREIGN, type Server } from './server.js'

interface Refused {
  status: number
  /** What came of the handshake, in words. */
  said: string
  headers: Headers
  text: string
}

/** Tries a handshake. One that was opened is closed again, and the words name the code that it was closed with. */
const handshake = async (
  server: Server,
  headers: Record<string, string>,
  path: string = LIVE,
): Promise<Refused> => {
  const connection = await server.connect(path, headers)
  const { status, text } = connection
  const closed = status === 101 ? await connection.closed(300) : undefined
  connection.close()
  const said =
    status === 101
      ? `it was opened${closed ? ` and then closed with ${closed}` : ''}`
      : `it was answered ${status}`
  return { status, said, headers: connection.headers, text }
}

const withToken = (token: string): Record<string, string> => ({
  'Sec-WebSocket-Protocol': `${PROTOCOL}, token.${token}`,
})

/** @throws NotSeen if there is no feed, and nobody said that there is one */
const expectFeed = ({ status }: Refused, { options }: Server): void => {
  if (status === 404 && !options.liveToken) throw new NotSeen('this server has no live feed')
}

/** Texts that are not the token and look like it. */
const almost = (token: string): string[] => [
  token.slice(0, 4),
  token.slice(0, -1),
  token + 'x',
  token.slice(1),
  token.toUpperCase() === token ? token.toLowerCase() : token.toUpperCase(),
  token.replace(/.$/, (char) => (char === '0' ? '1' : '0')),
]

/** Section 12: who may read. */
export const liveHandshake: Check<Server>[] = section(12, [
  {
    id: 'live.no-origin',
    title: 'A handshake without Origin is refused with HTTP 403',
    cause: 'The upgrade has no origin policy of its own, or opens and closes again with 1008.',
    async run(server) {
      const { status, said } = await handshake(server, withToken(tokenOf(server)))
      must(status === 403, `without Origin: expected 403 in the handshake, ${said}`)
    },
  },
  {
    id: 'live.foreign-origin',
    title:
      'A handshake from an origin that is not allowed is refused with HTTP 403, not opened and closed again',
    cause:
      'The socket is accepted first and closed with 1008, or HTTP and WebSocket have two lists or compare in two ways.',
    async run(server) {
      const token = withToken(server.options.liveToken ?? 'none')
      for (const origin of [FOREIGN, 'null', ...lookAlikes(server.origin)]) {
        const refused = await handshake(server, { Origin: origin, ...token })
        expectFeed(refused, server)
        must(
          refused.status === 403,
          `Origin ${origin}: expected 403 in the handshake, ${refused.said}`,
        )
      }
    },
  },
  {
    id: 'live.token',
    title: 'Without the token, or with a wrong one, the handshake is refused with 401',
    cause: 'The feed shows to everybody what visitors did.',
    async run(server) {
      for (const protocol of [PROTOCOL, `${PROTOCOL}, token.wrong`, `${PROTOCOL}, token.`]) {
        const refused = await handshake(server, {
          Origin: server.origin,
          'Sec-WebSocket-Protocol': protocol,
        })
        expectFeed(refused, server)
        must(
          refused.status === 401,
          `Sec-WebSocket-Protocol ${protocol}: expected 401 in the handshake, ${refused.said}`,
        )
      }
      for (const query of ['', '?token=', '?token=wrong', '?token[]=wrong']) {
        const { status, said } = await handshake(server, { Origin: server.origin }, LIVE + query)
        must(status === 401, `${LIVE + query}: expected 401 in the handshake, ${said}`)
      }
    },
  },
  {
    id: 'live.token-exact',
    title: 'The token is compared whole: a part of it, or more than it, opens nothing',
    cause: 'startsWith, a comparison of the first characters, or one that ignores case.',
    async run(server) {
      const token = tokenOf(server)
      for (const other of almost(token)) {
        if (other === token) continue
        const where = `a token of ${other.length} characters that is almost the right one (${token.length})`
        for (const refused of [
          await handshake(server, { Origin: server.origin, ...withToken(other) }),
          await handshake(
            server,
            { Origin: server.origin },
            `${LIVE}?token=${encodeURIComponent(other)}`,
          ),
        ])
          must(refused.status === 401, `${where}: expected 401 in the handshake, ${refused.said}`)
      }
    },
  },
  {
    id: 'live.token-query',
    title: 'The token may be in the address, as ?token=',
    cause: 'Only Sec-WebSocket-Protocol is read: curl and old tools cannot name it.',
    async run(server) {
      const { status, said } = await handshake(
        server,
        { Origin: server.origin },
        `${LIVE}?token=${encodeURIComponent(tokenOf(server))}`,
      )
      must(status === 101, `?token=<the token>: expected 101 in the handshake, ${said}`)
    },
  },
  {
    id: 'live.refusal-json',
    title: 'A refused handshake is JSON with error and code, and has an X-Request-Id',
    cause: 'The WebSocket library writes the refusal by itself.',
    async run(server) {
      for (const [origin, token] of [
        [FOREIGN, server.options.liveToken ?? 'none'],
        [server.origin, 'wrong'],
      ] as const) {
        const refused = await handshake(server, { Origin: origin, ...withToken(token) })
        expectFeed(refused, server)
        const { error, code } = asObject(refused.text)
        must(
          /^[A-Z][A-Z\d_]+$/.test(String(code)) && typeof error === 'string',
          `the ${refused.status}: expected {"error","code"}, got ${refused.text.slice(0, 200) || 'no body'}`,
        )
        must(refused.headers.get('x-request-id'), `the ${refused.status} has no X-Request-Id`)
      }
    },
  },
])
