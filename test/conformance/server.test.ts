import { expect, test } from 'vitest'
import { durable } from '../../cli/src/conformance/server/durable.js'
import { storedRows } from '../../cli/src/conformance/server/stored-rows.js'
import { sockets } from '../../cli/src/conformance/server/sockets.js'
import { appOf, ids, runAgainst, type Ask } from './reference.js'
import { NEXT_SECRET } from './support/python.js'
import { SITE_TOKEN, storeWithToken } from './support/site-token.js'

test('the reference server on its memory store conforms', async () => {
  const results = await runAgainst(
    appOf({ store: storeWithToken() }),
    {},
    { nextSecret: NEXT_SECRET, siteToken: SITE_TOKEN },
  )
  expect(results.filter(({ verdict }) => /failed|broken/.test(verdict))).toEqual([])
  expect(ids(results, 'unseen')).toEqual([
    'origin.signing-disabled',
    ...ids(results, 'unseen').filter((id) => id.startsWith('live.')),
    'small-print.headers',
    ...sockets.map(({ id }) => id),
    ...[...storedRows, ...durable].map(({ id }) => id),
  ])
})

test('with signing disabled it is found not to verify, and to guard V2 by its origin', async () => {
  const results = await runAgainst(appOf({ signingDisabled: true }), {
    only: ['origin.signing-disabled', 'signature.wrong'],
  })
  expect(ids(results, 'passed')).toEqual(['origin.signing-disabled'])
  expect(ids(results, 'failed')).toEqual(['signature.wrong'])
})

test('a clock that is an hour off is learned before timestamps are judged', async () => {
  const now = (): number => Date.now() + 3_600_000
  const results = await runAgainst(appOf({ now, store: storeWithToken(now) }), {
    only: ['signature.window-past', 'signature.window-future', 'signature.good', 'health.clock'],
  })
  expect(ids(results, 'passed')).toHaveLength(4)
})

test('without a secret, what needs no signature is judged all the same', async () => {
  const results = await runAgainst(appOf(), {}, { siteId: undefined, secret: undefined })
  expect(ids(results, 'failed')).toEqual([])
  expect(ids(results, 'broken')).toEqual([])
  expect(ids(results, 'passed')).toEqual(
    expect.arrayContaining(['origin.preflight', 'origin.exact', 'health.shape']),
  )
  expect(results.find(({ id }) => id === 'signature.good')).toMatchObject({
    verdict: 'unseen',
    reason: 'needs --site-id',
  })
})

test('a 429 that a check did not provoke is waited for, whichever check meets it', async () => {
  // One that others have used up: every request of the run's beginning is over it.
  let isOver = false
  const app = appOf()
  const ask: Ask = (request) =>
    isOver
      ? Response.json(
          { error: 'Rate limit exceeded', code: 'RATE_LIMITED', retry_after: 9 },
          { status: 429, headers: { 'Retry-After': '9', RateLimit: '"address";r=0;t=9' } },
        )
      : app(request)
  const waits: number[] = []
  const wait = async (seconds: number): Promise<void> => {
    waits.push(seconds)
    isOver = false
  }
  for (const id of ['signature.good', 'limit.preflight-free']) {
    const results = await runAgainst(ask, { only: [id], wait, onOpen: () => (isOver = true) })
    expect(ids(results, 'passed')).toEqual([id])
  }
  expect(waits).toEqual([9, 9])
})
