import { must, Nonconformance, NotSeen } from '../check.js'
import type { Exchange } from '../../probe/exchange.js'
import { expectStatus } from '../expect.js'
import { randomFingerprint, type Server } from './server.js'

/** Path of recorded calls (section 17). */
export const CALLS = '/api/calls'
/** Milliseconds in which a call that was acknowledged has to be readable: a replica may lag. */
const SOON_MS = 3_000
const RETRY_MS = 200
/** Pages that are read for one answer, at most. */
const PAGES_MAX = 100

/** A recorded call as `GET /api/calls` has it in JSON. */
export type CallRow = Record<string, unknown>

/** Returns a site's token. @throws NotSeen without one */
export const siteTokenOf = ({ options }: Server): string => {
  if (!options.siteToken)
    throw new NotSeen('needs --site-token-env, a token that reads the calls of the site')
  return options.siteToken
}

/** Asks for recorded calls with the site's token. */
export const askCalls = (
  server: Server,
  query: Record<string, string | number> = {},
  headers: Record<string, string> = {},
): Promise<Exchange> => {
  const parameters = new URLSearchParams(
    Object.entries(query).map(([name, value]) => [name, String(value)]),
  )
  return server.ask(`${CALLS}?${parameters}`, {
    headers: { Authorization: `Bearer ${siteTokenOf(server)}`, ...headers },
  })
}

const rowsOf = (answer: Exchange): CallRow[] => {
  expectStatus(answer, 200, 'recorded calls')
  const { calls } = answer.json
  must(
    Array.isArray(calls),
    `calls should be a list, is ${JSON.stringify(calls)?.slice(0, 100) ?? 'missing'}`,
    answer,
  )
  return calls.map((row: unknown) => Object(row) as CallRow)
}

/** Reads page by page, as `next` says, until there is none. */
export const readPages = async (
  server: Server,
  query: Record<string, string | number>,
): Promise<{ rows: CallRow[]; pages: Exchange[] }> => {
  const rows: CallRow[] = []
  const pages: Exchange[] = []
  let after: string | undefined
  for (; pages.length < PAGES_MAX;) {
    const page = await askCalls(server, { ...query, ...(after === undefined ? {} : { after }) })
    pages.push(page)
    rows.push(...rowsOf(page))
    const { next } = page.json
    if (next === null) return { rows, pages }
    must(
      typeof next === 'string' && next !== '' && next !== after,
      `next should be a cursor, or null on the last page; it is ${JSON.stringify(next)}`,
      page,
    )
    after = next
  }
  throw new Nonconformance(`${PAGES_MAX} pages were read, and next is not null`, pages.slice(-1))
}

/** Asks until the response is as it has to be, or the time is over. */
export const readUntil = async (
  ask: () => Promise<Exchange>,
  isIt: (answer: Exchange) => boolean,
  what: string,
): Promise<Exchange> => {
  const deadline = Date.now() + SOON_MS
  for (;;) {
    const answer = await ask()
    if (isIt(answer)) return answer
    if (Date.now() > deadline)
      throw new Nonconformance(
        `expected ${what} within ${SOON_MS / 1_000} s; got ${answer.status}: ${answer.text.slice(0, 200)}`,
        [answer],
      )
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
  }
}

/** Records a call as a visitor's browser does, which no server takes for a bot, and returns its id. */
export const record = async (
  server: Server,
  fields: Record<string, unknown>,
  how?: Parameters<Server['call']>[1],
): Promise<unknown> => {
  const agent = `Mozilla/5.0 conformance ${crypto.randomUUID()}`
  const headers = { 'User-Agent': agent, ...how?.headers }
  const answer = await server.call(server.event({ fingerprint: randomFingerprint(), ...fields }), {
    ...how,
    headers,
  })
  expectStatus(answer, 200, 'an event')
  return answer.json['call_id']
}

/** Ids may be numbers, and files have them as text. */
export const isSameId = (a: unknown, b: unknown): boolean => String(a) === String(b)
