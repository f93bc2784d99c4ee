import { expect, test } from 'vitest'
import { createApp } from '../../server-reference/src/index.js'
import { ORIGIN } from '../../server-reference/src/testing/sign.js'
import { createWorld } from '../../server-reference/src/testing/world.js'
import type { Connect } from '../../cli/src/conformance/index.js'
import type { LiveMessage } from '../../src/contract/index.js'
import { ids, runAgainst, URL_OF_APP } from './reference.js'

const TOKEN = 'the-live-token'
const PEER = 'https://peer.example'

type Change = (message: LiveMessage, url: string) => LiveMessage | undefined

/**
 * Two processes of the reference server on one store: their apps, and a feed without a socket that shows what both
 * publish. `change` breaks what a reader is sent; `resendsAll`: a reader that comes back is sent what it has seen, too.
 */
const fleet = (change: Change = (message) => message, resendsAll = false) => {
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
    const refused = headers['Origin'] !== ORIGIN ? 403 : 401
    const inbox: LiveMessage[] = []
    const isOpen =
      refused === 401 && headers['Sec-WebSocket-Protocol'] === `ops.live.v1, token.${TOKEN}`
    const after = searchParams.get('after')
    const put = (message: LiveMessage): void => {
      const changed = change(message, url)
      if (changed) inbox.push(changed)
    }
    const missed = resendsAll ? 0 : history.findIndex(({ id }) => id === after) + 1
    if (after) history.slice(missed).forEach(put)
    readers.add(put)
    return {
      status: isOpen ? 101 : refused,
      headers: new Headers({ 'sec-websocket-protocol': 'ops.live.v1' }),
      text: '',
      async next(ms) {
        const deadline = Date.now() + Math.min(ms, 200)
        while (inbox.length === 0 && Date.now() < deadline)
          await new Promise((resolve) => setTimeout(resolve, 2))
        const message = inbox.shift()
        return message && JSON.stringify(message)
      },
      closed: async () => undefined,
      close: () => void readers.delete(put),
    }
  }
  return (only: string[]) =>
    runAgainst(
      (request) => app.fetch(new Request(request.url.replace(PEER, URL_OF_APP), request)),
      { only },
      { liveToken: TOKEN, connect, peerUrl: PEER },
    )
}

test('a feed that shows every call conforms', async () => {
  const results = await fleet()(['live'])
  expect(results.filter(({ verdict }) => verdict !== 'passed')).toEqual([])
})

test.each<[string, string, Change]>([
  [
    'without late matches',
    'live.matched-late',
    (message) => (message.type === 'call' && message.matched_later ? undefined : message),
  ],
  [
    'whose late match names no session',
    'live.matched-late',
    (message) =>
      message.type === 'call' && message.matched_later ? { ...message, session_id: null } : message,
  ],
  [
    'that shows the time of arrival',
    'live.occurred-at',
    (message) => (message.type === 'call' ? { ...message, occurred_at: message.at } : message),
  ],
  [
    'that sends a reader nothing when it comes back',
    'live.after',
    (message, url) => (url.includes('after=') ? undefined : message),
  ],
  [
    'that remembers the calls of another process only',
    'live.after-elsewhere',
    (() => {
      let calls = 0
      return (message, url) =>
        url.includes('after=') && message.type === 'call' && ++calls > 1 ? undefined : message
    })(),
  ],
  [
    'that shows no calls',
    'live.call',
    (message) => (message.type === 'call' ? undefined : message),
  ],
  [
    'that shows no page views',
    'live.sync-and-refused',
    (message) => (message.type === 'sync' ? undefined : message),
  ],
])('a feed %s is found', async (_, id, change) => {
  const found = ids(await fleet(change)([id]), 'failed')
  expect(found).toContain(id)
})

test('a feed that sends a call twice is within the contract', async () => {
  const results = await fleet(undefined, true)(['live.after', 'live.after-elsewhere'])
  expect(ids(results, 'passed')).toEqual(['live.after', 'live.after-elsewhere'])
})
