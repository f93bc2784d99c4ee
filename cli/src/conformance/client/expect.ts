import { must } from '../check.js'
import { asExchange, type Client, type ClientReply, type Try } from './client.js'

/** Within this the first retry has to come if the path to the server is at fault (contract section 13). */
export const FIRST_RETRY_MS = 2_000
/** Time that a browser and a network may need in addition. */
export const SLACK_MS = 2_500
/** "After about a minute": not sooner, and not later. */
export const RARELY_MIN_MS = 30_000
export const RARELY_MAX_MS = 120_000
/** An event that has not come again after so long counts as dropped. */
const DROPPED_MS = 90_000

export const RECORDED: ClientReply = {
  status: 200,
  body: JSON.stringify({
    status: 'unmatched',
    call_id: '00000000-0000-4000-8000-000000000001',
    session_id: null,
    request_id: 'conformance',
  }),
}

export const refusal = (
  status: number,
  code?: string,
  headers: Record<string, string> = {},
): ClientReply => ({
  status,
  body: JSON.stringify({ error: 'Played by the kit', ...(code ? { code } : {}), request_id: 'x' }),
  headers,
})

export const htmlReply = (status: number): ClientReply => ({
  status,
  body: '<!doctype html><title>Welcome to the hotel</title>',
  headers: { 'Content-Type': 'text/html' },
})

export const all = (checks: Promise<void>[]): Promise<void> => Promise.all(checks).then(() => {})

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`

export const listed = (tries: readonly Try[]): string =>
  tries.map(({ at }) => seconds(at)).join(', ') || 'none'

/** Plays replies until one more try than they are has come, or the time is over. */
export const playOut = (
  client: Client,
  replies: readonly ClientReply[],
  listen: number,
): Promise<Try[]> =>
  client.play({ replies: [...replies, RECORDED], listen, until: replies.length + 1 })

export const expectSameEvent = (tries: readonly Try[], name: string): void => {
  const ids = new Set(tries.map(({ json }) => json['event_id']))
  must(ids.size === 1, `${name}: the tries carry ${ids.size} event_ids`, ...tries.map(asExchange))
}

const expectAgain = async (
  client: Client,
  reply: ClientReply,
  name: string,
  within: number,
): Promise<void> => {
  const tries = await playOut(client, [reply], within)
  must(
    tries.length >= 2,
    `${name}: no second try within ${seconds(within)} (tries: ${listed(tries)})`,
    ...tries.map(asExchange),
  )
  expectSameEvent(tries, name)
}

/** The event is sent again soon after this response: the path to the server is at fault. */
export const expectRetried = (client: Client, reply: ClientReply, name: string): Promise<void> =>
  expectAgain(client, reply, name, FIRST_RETRY_MS + SLACK_MS)

/** The event is sent again after this response, about a minute later: the configuration is at fault. */
export const expectKept = (client: Client, reply: ClientReply, name: string): Promise<void> =>
  expectAgain(client, reply, name, RARELY_MAX_MS)

/** The event is not sent again within so many milliseconds after this response. */
export const expectSilence = async (
  client: Client,
  reply: ClientReply,
  name: string,
  ms: number,
): Promise<void> => {
  const tries = await client.play({ replies: [reply], listen: ms })
  must(tries.length > 0, `${name}: nothing was sent`)
  must(
    tries.length === 1,
    `${name}: it was sent ${tries.length} times within ${seconds(ms)} (${listed(tries)})`,
    ...tries.map(asExchange),
  )
}

/** The event is not sent again after this response, as far as the kit waits. */
export const expectForgotten = (client: Client, reply: ClientReply, name: string): Promise<void> =>
  expectSilence(client, reply, name, FIRST_RETRY_MS + SLACK_MS)

/** The event is dropped: it does not come again after a minute either. */
export const expectDropped = (client: Client, reply: ClientReply, name: string): Promise<void> =>
  expectSilence(client, reply, name, DROPPED_MS)
