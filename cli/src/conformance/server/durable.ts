import { CALL_EVENT_V1, CALL_EVENT_V2, HEALTH } from '@opsmantik/tracker/contract'
import { must, Nonconformance, NotSeen, section, type Check } from '../check.js'
import type { Exchange } from '../../probe/exchange.js'
import { recordedCalls } from './recorded-calls.js'
import { randomFingerprint, type Server } from './server.js'

/** Milliseconds of traffic before the process is killed, and between two tries to reach it again. */
const BEFORE_KILL_MS = 400
const RETRY_MS = 200
/** Milliseconds in which the server has to answer again. */
const STARTED_MS = 60_000
const LIMIT_MS = 240_000
const SENDERS = 6
/** Under a third of V1's limit for each sender, so that resending twice stays within it. */
const EVENTS_OF_A_SENDER = 25

interface Sent {
  event: Record<string, unknown>
  path: string
  agent: string
  /** The 200 that acknowledged it, if one arrived. */
  answer?: Exchange
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Sends an event; undefined if no response came, or one that asks for a retry. */
const attempt = async (
  server: Server,
  { event, path, agent }: Sent,
): Promise<Exchange | undefined> => {
  try {
    const headers = { 'User-Agent': agent, 'X-Ops-Proxy-Host': `${agent}.invalid` }
    const answer = await server.call(event, { path, headers })
    return answer.status >= 500 ? undefined : answer
  } catch {
    // The connection was refused, reset or closed: the process is being killed.
    return undefined
  }
}

/** Waits until health is well again. @throws Nonconformance if that takes too long */
const untilStarted = async (server: Server): Promise<void> => {
  const deadline = Date.now() + STARTED_MS
  while (Date.now() < deadline) {
    try {
      const { status, json } = await server.ask(HEALTH)
      if (status === 200 && json['ok'] === true) return
    } catch {
      // Not yet.
    }
    await sleep(RETRY_MS)
  }
  throw new Nonconformance(
    `the server did not answer within ${STARTED_MS / 1_000} s after the restart command had ended`,
  )
}

/** Sends events side by side while the process is killed and started again. */
const sendAcrossRestart = async (server: Server, fingerprint: string): Promise<Sent[]> => {
  const { restart } = server.options
  if (!restart)
    throw new NotSeen('needs --restart-command, which kills the server and starts it again')
  const sent: Sent[] = []
  let isOver = false
  const sender = async (at: number): Promise<void> => {
    const agent = `durable-${at}-${fingerprint.slice(-8)}`
    for (let made = 0; made < EVENTS_OF_A_SENDER && !isOver; made++) {
      const one: Sent = {
        event: server.event({ fingerprint }),
        path: at % 2 ? CALL_EVENT_V2 : CALL_EVENT_V1,
        agent,
      }
      sent.push(one)
      const answer = await attempt(server, one)
      if (answer) one.answer = answer
      await sleep(RETRY_MS / 4)
    }
  }
  const senders = Array.from({ length: SENDERS }, (_, at) => sender(at))
  await sleep(BEFORE_KILL_MS)
  await restart()
  isOver = true
  await Promise.all(senders)
  await untilStarted(server)
  return sent
}

/** Sends an event until a response comes. */
const insist = async (server: Server, one: Sent): Promise<Exchange> => {
  for (let tried = 0; tried < 5; tried++) {
    const answer = await attempt(server, one)
    if (answer) return answer
    await sleep(RETRY_MS)
  }
  throw new Nonconformance('an event got no response or a 5xx five times after the restart')
}

/** Section 8 and 16: what was acknowledged outlives the process. */
export const durable: Check<Server>[] = section(8, [
  {
    id: 'durable.acknowledged',
    title:
      'Every event that was acknowledged is known after the process was killed, and no other is lost',
    cause:
      'The response is sent before the commit, the database does not sync its log, or everything is in memory.',
    isAlone: true,
    isSlow: true,
    limitMs: LIMIT_MS,
    async run(server) {
      const fingerprint = randomFingerprint()
      const sent = await sendAcrossRestart(server, fingerprint)
      const acknowledged = sent.filter(({ answer }) => answer?.status === 200)
      must(
        acknowledged.length > 0,
        `none of ${sent.length} events was acknowledged before the server was killed`,
        ...sent.flatMap(({ answer }) => answer ?? []).slice(0, 1),
      )
      let lost = 0
      let example: Exchange | undefined
      for (const one of acknowledged) {
        const again = await insist(server, one)
        if (again.status === 429) continue
        const id = again.json['call_id']
        const isSame = id === undefined || id === one.answer!.json['call_id']
        if (again.json['status'] === 'noop' && isSame) continue
        lost++
        example = again
      }
      must(
        lost === 0,
        `${lost} of ${acknowledged.length} events that were answered with 200 before the kill are not known after it: expected noop with the same call_id, got ${example?.text.slice(0, 120)}`,
        ...(example ? [example] : []),
      )
      for (const one of sent.filter(({ answer }) => answer?.status !== 200)) {
        const first = await insist(server, one)
        const second = await insist(server, one)
        must(
          first.status !== 200 || second.status !== 200 || second.json['status'] === 'noop',
          `an event that got no response was recorded again by its second retry: ${second.text.slice(0, 120)}`,
          first,
          second,
        )
      }
      if (!server.options.readRows) return
      const rows = await recordedCalls(server, fingerprint)
      for (const { event } of acknowledged) {
        const found = rows.filter(({ event_id: id }) => id === event['event_id'])
        must(
          found.length === 1,
          `${String(event['event_id'])} was acknowledged: expected one row, found ${found.length}`,
        )
      }
    },
  },
  {
    id: 'durable.sessions',
    title: 'Page events that were acknowledged match calls after the process was killed',
    cause: 'Sessions are kept in memory only.',
    isAlone: true,
    isSlow: true,
    limitMs: LIMIT_MS,
    async run(server) {
      const { restart } = server.options
      if (!restart)
        throw new NotSeen('needs --restart-command, which kills the server and starts it again')
      const fp = randomFingerprint()
      const view = server.view({ meta: { fp } })
      const seen = await server.sync(view)
      must(seen.status === 200, `the page view: expected 200, got ${seen.status}`, seen)
      await restart()
      await untilStarted(server)
      const answer = await server.call(server.event({ fingerprint: fp }))
      must(
        answer.json['session_id'] === view['sid'],
        `expected matched with session_id ${String(view['sid'])}, got ${String(answer.json['status'])} with ${JSON.stringify(answer.json['session_id'])}`,
        seen,
        answer,
      )
    },
  },
])
