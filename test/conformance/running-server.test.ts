import { expect, test } from 'vitest'
import type { Connection } from '../../cli/src/probe/websocket.js'
import { appOf, runAgainst } from './reference.js'

test('a handshake that is refused with 429 is tried again as Retry-After says, and is no failure', async () => {
  const waits: number[] = []
  const [result] = await runAgainst(
    appOf(),
    { only: ['live.call'], wait: async (seconds) => void waits.push(seconds) },
    {
      liveToken: 'the-live-token',
      connect: async () =>
        ({
          status: 429,
          text: '{"code":"RATE_LIMITED"}',
          headers: new Headers({ 'Retry-After': '7' }),
          close: () => {},
        }) as unknown as Connection,
    },
  )
  // Not run, after two waits: nobody knows whether the feed is right.
  expect(result).toMatchObject({ id: 'live.call', verdict: 'broken' })
  expect(waits).toEqual([7, 7])
})

test.each([
  ['http://127.0.0.1:8787', 'the-live-token-of-it', 'passed'],
  ['https://console.example', 'the-live-token-of-it', 'failed'],
  ['http://127.0.0.1:8787', 'a-secret-of-24-characters', 'failed'],
])('a console at %s with %s in it: %s', async (url, shown, verdict) => {
  const app = appOf()
  const [result] = await runAgainst(
    (request) =>
      new URL(request.url).pathname === '/' ? new Response(`<p>${shown}</p>`) : app(request),
    { only: ['answer.no-secret'] },
    { url, liveToken: 'the-live-token-of-it' },
  )
  expect(result).toMatchObject({ id: 'answer.no-secret', verdict })
})
