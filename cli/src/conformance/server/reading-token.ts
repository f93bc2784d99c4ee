import { must, NotSeen, section, type Check } from '../check.js'
import type { Exchange } from '../../probe/exchange.js'
import { expectJson, expectRefusal } from '../expect.js'
import { askCalls, CALLS, siteTokenOf } from './read-calls.js'
import type { Server } from './server.js'

const NOBODY = '00000000-0000-4000-8000-00000000dead'

const ask = (server: Server, authorization: string | null, query = ''): Promise<Exchange> =>
  server.ask(CALLS + query, {
    headers: authorization === null ? {} : { Authorization: authorization },
  })

const shapeOf = ({ status, json, headers }: Exchange): string =>
  JSON.stringify({
    status,
    ...json,
    request_id: 0,
    headers: [...headers.keys()].filter((name) => name !== 'date').sort(),
  })

/** Section 17: who may read. A server counts wrong tokens, so these checks send few. */
export const readingToken: Check<Server>[] = section(17, [
  {
    id: 'read.calls-token',
    title: 'Without a token, or with a wrong one, recorded calls are 401 READ_TOKEN_REQUIRED',
    cause: 'The token is not asked for in one of the formats, or is compared in part.',
    async run(server) {
      const token = siteTokenOf(server)
      for (const query of ['', '?format=google-ads']) {
        const answer = await ask(server, null, query)
        expectRefusal(answer, 401, 'READ_TOKEN_REQUIRED', `${CALLS}${query} without a token`)
        expectJson(answer)
      }
      for (const [why, value] of [
        ['a wrong token', `Bearer ${'x'.repeat(token.length)}`],
        ['the first half of the token', `Bearer ${token.slice(0, token.length / 2)}`],
        ['the token without its last character', `Bearer ${token.slice(0, -1)}`],
        ['the token and one more character', `Bearer ${token}x`],
        ['the token in another case', `Bearer ${swapCase(token)}`],
        ['the token as Basic credentials', `Basic ${btoa(`:${token}`)}`],
        ['the site’s secret', `Bearer ${server.secret}`],
      ] as const)
        expectRefusal(await ask(server, value), 401, 'READ_TOKEN_REQUIRED', why)
      const good = await askCalls(server, { site: server.siteId, limit: 1 })
      must(good.status === 200, `the token itself: expected 200, got ${good.status}`, good)
    },
  },
  {
    id: 'read.calls-other-site',
    title: 'Another site, one that does not exist and a wrong token cannot be told apart: 401',
    cause: 'An empty list, 403 or 404 for the other site: anybody with a token can list the sites.',
    async run(server) {
      const { otherSiteId } = server.options
      if (!otherSiteId) throw new NotSeen('needs --other-site-id, a second site')
      const other = await askCalls(server, { site: otherSiteId })
      must(
        other.status !== 200,
        'expected 401 for a site that is not the token’s, got 200. (--site-token-env names a token of the one site, not LIVE_TOKEN, which opens all.)',
        other,
      )
      expectRefusal(other, 401, 'READ_TOKEN_REQUIRED', 'the second site with the first one’s token')
      const unknown = await askCalls(server, { site: NOBODY })
      expectRefusal(unknown, 401, 'READ_TOKEN_REQUIRED', 'a site that does not exist')
      const wrong = await ask(server, 'Bearer not-a-token-of-this-server', `?site=${server.siteId}`)
      expectRefusal(wrong, 401, 'READ_TOKEN_REQUIRED', 'a wrong token')
      for (const [why, answer] of [
        ['a site that does not exist', unknown],
        ['a wrong token', wrong],
      ] as const)
        must(
          shapeOf(answer) === shapeOf(other),
          `${why} and a site that is not the token’s differ: ${shapeOf(answer)} and ${shapeOf(other)}`,
          answer,
          other,
        )
    },
  },
])

const swapCase = (text: string): string =>
  text.replace(/[a-z]/gi, (char) =>
    char === char.toLowerCase() ? char.toUpperCase() : char.toLowerCase(),
  )
