import { afterAll, beforeAll, expect, it } from 'vitest'
import { formatDiagnosis } from '../../cli/src/doctor/index.js'
import { errorsOf, examine, warningsOf } from './support/expect.js'
import {
  LIVE_TOKEN,
  ORIGIN,
  SECRET,
  SITE,
  startReference,
  type TestServer,
} from './support/server.js'

let server: TestServer
beforeAll(async () => {
  server = await startReference()
})
afterAll(() => server.stop())

it('a healthy server gives no error and no warning', async () => {
  const diagnosis = await examine(server.url, {
    origin: ORIGIN,
    siteId: SITE,
    secretEnv: 'S',
    liveTokenEnv: 'T',
    env: { S: SECRET, T: LIVE_TOKEN },
  })
  expect(errorsOf(diagnosis)).toEqual([])
  expect(warningsOf(diagnosis)).toEqual([])
  expect(diagnosis.findings.map(({ id }) => id).toSorted()).toEqual([
    'clock-good',
    'health-good',
    'live-good',
    'posts-good',
    'preflights-good',
    'reachable',
    'secret-good',
    'strangers-refused',
  ])
  expect(diagnosis.exitCode).toBe(0)
  expect(formatDiagnosis(diagnosis)).toMatch(
    /^All is well: a page on https:\/\/www\.customer\.example can/,
  )
})
