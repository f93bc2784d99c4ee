import { must, NotSeen, section, type Check } from '../check.js'
import { asExchange, type Client, type Try } from './client.js'
import { expectSameEvent, listed, RARELY_MIN_MS, RECORDED, refusal, SLACK_MS } from './expect.js'

/** A client gives up a request after this, and may have so many in flight (contract section 13). */
const GIVES_UP_MS = 11_000
const IN_FLIGHT = 4
const PRESSES = 10
/** Before a client may have given up the first of them. */
const ALL_HANG_MS = 8_000

const needReopen = ({ canReopen }: Client): void => {
  if (!canReopen)
    throw new NotSeen('a command has no page to open again; try the script in a browser')
}

const distinct = (tries: readonly Try[]): number =>
  new Set(tries.map(({ json }) => json['event_id'])).size

/** How a client treats connections, and what outlives its page. */
export const pages: Check<Client>[] = section<Client>(13, [
  {
    id: 'client.reopen-keeps',
    title:
      'What a client keeps survives the page: the next page sends it, as late as it was asked to',
    cause: 'The queue is in memory, or the time of the next attempt is.',
    async run(client) {
      needReopen(client)
      const tries = await client.play({
        replies: [refusal(503, 'X', { 'Retry-After': '6' }), RECORDED],
        listen: 20_000,
        until: 2,
        reopenAfter: 2_000,
      })
      must(tries.length >= 2, `the second page did not send it (tries: ${listed(tries)})`)
      expectSameEvent(tries, 'a page that was opened again')
      must(
        tries[1]!.at >= 5_900,
        `asked to wait 6 s, the second page sent it after ${listed(tries.slice(1))}`,
        asExchange(tries[1]!),
      )
    },
  },
  {
    id: 'client.reopen-waits',
    title: 'Opening a page does not shorten the wait after a refusal that the configuration caused',
    cause:
      'Every page sends the whole queue when it opens: each page view of a busy shop is a request more.',
    async run(client) {
      needReopen(client)
      const tries = await client.play({
        replies: [refusal(401, 'SIGNATURE_INVALID')],
        listen: RARELY_MIN_MS,
        reopenAfter: 3_000,
      })
      must(
        tries.length === 1,
        `it was sent ${tries.length} times (${listed(tries)}), the page was opened again after 3 s`,
        ...tries.map(asExchange),
      )
    },
  },
  {
    id: 'client.gives-up',
    isAlone: true,
    title: 'A request that gets no response is given up after 11 s, and the event comes again',
    cause:
      'No timeout: a server that accepts and never responds holds the event, and one of the visitor’s connections.',
    async run(client) {
      const tries = await client.play({
        replies: ['hang', RECORDED],
        listen: GIVES_UP_MS + 2_000 + 2 * SLACK_MS,
        until: 2,
      })
      must(
        tries.length >= 2,
        `it did not come again within ${(GIVES_UP_MS + 2_000 + 2 * SLACK_MS) / 1000} s`,
        ...tries.map(asExchange),
      )
      must(
        tries[1]!.at >= GIVES_UP_MS - 1_500,
        `it was given up before 11 s: it came again after ${listed(tries.slice(1))}`,
        asExchange(tries[1]!),
      )
      expectSameEvent(tries, 'no response')
    },
  },
  {
    id: 'client.four-at-once',
    isAlone: true,
    title: 'A client has at most four requests in flight',
    cause:
      'Each intent is sent at once: while the server hangs, the browser has no connection left for the site itself.',
    async run(client) {
      const answered = await client.play({
        replies: [RECORDED],
        presses: PRESSES,
        listen: 15_000,
        until: PRESSES,
      })
      if (distinct(answered) < PRESSES)
        throw new NotSeen(
          `this client recorded ${distinct(answered)} of ${PRESSES} intents; OPS_PRESSES says how many it has to record`,
        )
      const hanging = await client.play({
        replies: ['hang'],
        presses: PRESSES,
        listen: ALL_HANG_MS,
      })
      must(
        hanging.length <= IN_FLIGHT,
        `${hanging.length} requests were in flight at once (${listed(hanging)})`,
        ...hanging.map(asExchange),
      )
    },
  },
])
