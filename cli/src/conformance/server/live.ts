import { CALL_EVENT_V1, CALL_EVENT_V2, LIVE } from '@opsmantik/tracker/contract'
import { must, NotSeen, section, type Check } from '../check.js'
import { expectRecorded } from '../expect.js'
import { find, openFeed, PROTOCOL, SOON, until } from './live-feed.js'
import { FOREIGN, randomFingerprint, type Server } from './server.js'

const DAY_MS = 86_400_000
/** Calls that a reader misses. */
const MISSED = 40

/** Section 12: messages. */
export const live: Check<Server>[] = section(12, [
  {
    id: 'live.call',
    title: 'A recorded call comes as {"type":"call"}',
    cause: 'The feed is fed from another process, or by requests instead of by rows.',
    async run(server) {
      const connection = await openFeed(server)
      try {
        must(
          connection.headers.get('sec-websocket-protocol') === PROTOCOL,
          `Sec-WebSocket-Protocol of the answer should be ${PROTOCOL}: browsers drop a connection without it`,
        )
        for (const path of [CALL_EVENT_V1, CALL_EVENT_V2]) {
          const answer = await server.call(server.event(), { path })
          expectRecorded(answer, 'the event')
          await until(
            connection,
            ({ type, call_id }) => type === 'call' && call_id === answer.json['call_id'],
            `a call that came by ${path} as {"type":"call"} with its call_id`,
          )
        }
      } finally {
        connection.close()
      }
    },
  },
  {
    id: 'live.sync-and-refused',
    title:
      'Page views and refusals come as {"type":"sync"} and {"type":"refused"} with status, code, endpoint and hint',
    cause: 'Only calls are published.',
    async run(server) {
      const connection = await openFeed(server)
      try {
        await server.sync(server.view())
        await until(connection, ({ type }) => type === 'sync', '{"type":"sync"} after a page view')
        let refused: Record<string, unknown> | undefined
        // A feed may leave refusals out while there are very many, and the other checks make very many.
        for (let tried = 0; tried < 5 && !refused; tried++) {
          await server.post('/api/call-event', '{}', { Origin: FOREIGN })
          refused = await find(
            connection,
            ({ type, origin }) => type === 'refused' && origin === FOREIGN,
            SOON / 4,
          )
        }
        must(refused, 'no such message came for any of 5 refusals')
        must(
          refused['status'] === 403 &&
            refused['code'] === 'ORIGIN_NOT_ALLOWED' &&
            typeof refused['endpoint'] === 'string' &&
            typeof refused['hint'] === 'string',
          `the message is ${JSON.stringify(refused)}`,
        )
      } finally {
        connection.close()
      }
    },
  },
  {
    id: 'live.duplicates',
    title: 'A duplicate is not shown as a call',
    cause: 'The feed is fed before the database has judged.',
    async run(server) {
      const connection = await openFeed(server)
      try {
        const event = server.event()
        const first = await server.call(event)
        await server.call(event)
        const last = await server.call(server.event())
        const seen: unknown[] = []
        await until(connection, ({ type, call_id }) => {
          if (type === 'call') seen.push(call_id)
          return call_id === last.json['call_id']
        })
        const times = seen.filter((id) => id === first.json['call_id']).length
        must(times === 1, `the event was shown ${times} times`)
      } finally {
        connection.close()
      }
    },
  },
  {
    id: 'live.after',
    title: 'A reader that comes back with ?after=<id> is sent what it missed',
    cause: 'Messages have no id, or nothing is kept.',
    async run(server) {
      const before = await openFeed(server)
      const first = await server.call(server.event())
      const { id } = await until(before, ({ call_id }) => call_id === first.json['call_id'])
      before.close()
      must(id !== undefined, 'the message has no id')
      const missed = new Set<unknown>()
      for (let sent = 0; sent < MISSED; sent++) {
        const answer = await server.call(server.event())
        expectRecorded(answer, `call ${sent + 1} of ${MISSED}`)
        missed.add(answer.json['call_id'])
      }
      const after = await openFeed(server, `${LIVE}?after=${encodeURIComponent(String(id))}`)
      try {
        // What was seen before may come again; its call_id tells.
        const last = await find(
          after,
          ({ call_id }) => missed.delete(call_id) && missed.size === 0,
          SOON,
        )
        must(last, `${missed.size} of the ${MISSED} calls that it missed never came`)
      } finally {
        after.close()
      }
    },
  },
  {
    id: 'live.after-elsewhere',
    isSituational: true,
    title: 'A reader that comes back to another process is sent what every process recorded',
    cause:
      'Each process remembers its own calls only: what was recorded beside it while nobody read is never shown.',
    async run(server) {
      const peer = server.peer()
      const before = await openFeed(server)
      const first = await server.call(server.event())
      const { id } = await until(before, ({ call_id }) => call_id === first.json['call_id'])
      before.close()
      const missing = new Set<unknown>()
      for (const one of [server, peer]) {
        const answer = await one.call(one.event())
        expectRecorded(answer, `an event at ${one.options.url}`)
        missing.add(answer.json['call_id'])
      }
      const after = await openFeed(peer, `${LIVE}?after=${encodeURIComponent(String(id))}`)
      const all = missing.size
      const message = await find(
        after,
        ({ call_id }) => missing.delete(call_id) && missing.size === 0,
        SOON,
      )
      must(message, `${missing.size} of the ${all} calls that it missed never came`)
    },
  },
  {
    id: 'live.matched-late',
    title: 'A call whose first page event arrives after it is matched then, and the feed says so',
    cause:
      'Sessions are looked up once, when the call comes: a page view that was retried leaves its call unmatched.',
    async run(server) {
      const connection = await openFeed(server)
      const fp = randomFingerprint()
      const sid = crypto.randomUUID()
      const call = await server.call(server.event({ fingerprint: fp }))
      must(call.json['status'] === 'unmatched', `status is ${String(call.json['status'])}`, call)
      const view = await server.sync(server.view({ sid, meta: { fp } }))
      must(view.status === 200, `the page view got ${view.status}`, view)
      const message = await find(
        connection,
        ({ call_id, status }) => call_id === call.json['call_id'] && status === 'matched',
        SOON,
      )
      must(message, `the call was not shown as matched within ${SOON / 1000} s`, call, view)
      must(
        message['session_id'] === sid,
        `session_id is ${JSON.stringify(message['session_id'])}, the page view's sid ${sid}`,
        view,
      )
    },
  },
  {
    id: 'live.occurred-at',
    title:
      'A call is shown with the time of its press: the start of intent_stamp, up to 8 days old',
    cause: 'The time of arrival is shown: a press that waited for three days counts for today.',
    async run(server) {
      const connection = await openFeed(server)
      const now = server.now() * 1_000
      for (const [age, isBelieved] of [
        [3 * DAY_MS, true],
        [9 * DAY_MS, false],
        [-10 * 60_000, false],
      ] as const) {
        const pressed = now - age
        const intent_stamp = `${pressed}-ab12-tel-x1y2z3`
        const call = await server.call(server.event({ intent_stamp }))
        const message = await until(connection, ({ call_id }) => call_id === call.json['call_id'])
        const shown = message['occurred_at']
        if (shown === undefined) throw new NotSeen('the messages of this feed have no occurred_at')
        must(
          isBelieved ? shown === pressed : Math.abs(Number(shown) - now) < 60_000,
          `the stamp says ${pressed}, the clock ${now}, the message ${JSON.stringify(shown)}`,
          call,
        )
      }
    },
  },
  {
    id: 'live.ping',
    title: 'The server pings every 30 s',
    cause:
      'Load balancers close a connection on which nothing happens, and the console shows nothing.',
    isSlow: true,
    limitMs: 50_000,
    async run(server) {
      if (!server.options.slow) throw new NotSeen('takes 35 s: needs --slow')
      const connection = await openFeed(server)
      must(await connection.pinged(35_000), 'no ping came within 35 s')
    },
  },
])
