import {
  CALL_EVENT_V1,
  TIMESTAMP_MAX_AGE_SECONDS,
  TIMESTAMP_MAX_AHEAD_SECONDS,
} from '@opsmantik/tracker/contract'
import { must, NotSeen, section, type Check } from '../check.js'
import type { Exchange } from '../../probe/exchange.js'
import type { Server } from './server.js'
import { expectTakenBy, expectUnsigned, signedWays, type Way } from './ways.js'

/** Seconds that a request may be under way, and that clocks may differ by. */
const MARGIN = 10
/** Looks so often at the edge of the window, in steps that no second is a multiple of. */
const EDGE_ROUNDS = 8
const EDGE_STEP_MS = 170
/** Tries to send a request within one second of the server's clock. */
const TRIES = 8

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Reads the server's clock from a refusal. */
const clockOf = async (server: Server): Promise<number> => {
  const { json } = await server.post(CALL_EVENT_V1, '{}')
  if (!Number.isInteger(json['server_ts']))
    throw new NotSeen('a 401 of this server has no server_ts that its clock could be read from')
  return Number(json['server_ts'])
}

/** Sends an event that is exactly so old by the server's own clock, which shows the same second before and after. */
const sendAged = async (server: Server, way: Way, age: number): Promise<Exchange> => {
  for (let tried = 0; tried < TRIES; tried++) {
    const before = await clockOf(server)
    const answer = await way.sendEvent(way.event(), { ts: String(before - age) })
    if ((await clockOf(server)) === before) return answer
    await sleep(EDGE_STEP_MS)
  }
  throw new NotSeen('no request was answered within one second of the server’s clock')
}

const expectStale = (way: Way, x: Exchange, why: string): void =>
  expectUnsigned(way, x, 'SIGNATURE_TIMESTAMP_INVALID', why)

/** Section 3: the time window. */
export const signatureWindow: Check<Server>[] = section(3, [
  {
    id: 'signature.window-past',
    title: 'A timestamp up to 300 s old is accepted, an older one is SIGNATURE_TIMESTAMP_INVALID',
    cause: 'Milliseconds taken for seconds, or a window of another size.',
    async run(server) {
      for (const way of signedWays(server)) {
        const recent = TIMESTAMP_MAX_AGE_SECONDS - MARGIN
        expectTakenBy(
          way,
          await way.sendEvent(way.event(), { ts: String(server.now() - recent) }),
          `${recent} s old`,
        )
        for (const age of [TIMESTAMP_MAX_AGE_SECONDS + MARGIN, 3_600, 86_400 * 400])
          expectStale(
            way,
            await way.sendEvent(way.event(), { ts: String(server.now() - age) }),
            `${age} s old`,
          )
      }
    },
  },
  {
    id: 'signature.window-future',
    title: 'A timestamp up to 60 s ahead is accepted, a later one is SIGNATURE_TIMESTAMP_INVALID',
    cause:
      'Only the past is bounded, or the same 300 s hold for both: a signature for later is a signature for ever.',
    async run(server) {
      for (const way of signedWays(server)) {
        const near = TIMESTAMP_MAX_AHEAD_SECONDS - MARGIN
        expectTakenBy(
          way,
          await way.sendEvent(way.event(), { ts: String(server.now() + near) }),
          `${near} s ahead`,
        )
        for (const ahead of [TIMESTAMP_MAX_AHEAD_SECONDS + MARGIN, 3_600, 86_400 * 400])
          expectStale(
            way,
            await way.sendEvent(way.event(), { ts: String(server.now() + ahead) }),
            `${ahead} s ahead`,
          )
        expectStale(
          way,
          await way.sendEvent(way.event(), { ts: '999999999999' }),
          'the largest timestamp',
        )
      }
    },
  },
  {
    id: 'signature.window-exact',
    title:
      'By the server’s own clock, 300 s old and 60 s ahead are accepted, 301 s and 61 s are not',
    cause:
      'A window that is a second or some seconds too wide or too narrow: < for ≤, or a tolerance on top.',
    async run(server) {
      for (const way of signedWays(server)) {
        for (const age of [TIMESTAMP_MAX_AGE_SECONDS, -TIMESTAMP_MAX_AHEAD_SECONDS])
          expectTakenBy(way, await sendAged(server, way, age), ageOf(age))
        for (const age of [TIMESTAMP_MAX_AGE_SECONDS + 1, -TIMESTAMP_MAX_AHEAD_SECONDS - 1])
          expectStale(way, await sendAged(server, way, age), ageOf(age))
      }
    },
  },
  {
    id: 'signature.window-edge',
    title:
      'At the edge of the window the answer is 200 or SIGNATURE_TIMESTAMP_INVALID, never SIGNATURE_INVALID',
    cause:
      'Two clocks decide, the API’s and the database’s: a request that grows old between them is called wrongly signed, and its event is given up.',
    async run(server) {
      const edges = [TIMESTAMP_MAX_AGE_SECONDS, TIMESTAMP_MAX_AGE_SECONDS + 1]
      const ahead = [-TIMESTAMP_MAX_AHEAD_SECONDS, -TIMESTAMP_MAX_AHEAD_SECONDS - 1]
      const [way] = signedWays(server) as [Way]
      for (let round = 0; round < EDGE_ROUNDS; round++) {
        await Promise.all(
          [...edges, ...ahead].map(async (age) => {
            const ts = server.now() - age
            const answer = await way.sendEvent(way.event(), { ts: String(ts) })
            const { code, server_ts } = answer.json
            if (answer.status === 200) return
            expectStale(way, answer, ageOf(age))
            const seen = Number(server_ts) - ts
            must(
              seen > TIMESTAMP_MAX_AGE_SECONDS || -seen > TIMESTAMP_MAX_AHEAD_SECONDS,
              `${String(code)} at ${seen} s by the server’s own clock, which is within the window`,
              answer,
            )
          }),
        )
        await sleep(EDGE_STEP_MS)
      }
    },
  },
])

function ageOf(age: number): string {
  return age < 0 ? `exactly ${-age} s ahead` : `exactly ${age} s old`
}
