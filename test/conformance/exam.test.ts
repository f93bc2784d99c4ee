import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CALL_EVENT_V1 } from '../../src/contract/index.js'
import { OTHER_SITE } from '../../server-reference/src/testing/sign.js'
import { FIELD_FAULTS } from './exam/field-faults.js'
import type { PlantedFault } from './exam/plant.js'
import { READING_FAULTS } from './exam/reading-faults.js'
import { REQUEST_FAULTS } from './exam/request-faults.js'
import { RESPONSE_FAULTS } from './exam/response-faults.js'
import { STATE_FAULTS } from './exam/state-faults.js'
import { appOf, runAgainst, URL_OF_APP, type Ask } from './reference.js'
import { NEXT_SECRET, startPython, type PythonServer } from './support/python.js'
import { SITE_TOKEN, storeWithToken } from './support/site-token.js'

const FAULTS: PlantedFault[] = [
  ...RESPONSE_FAULTS,
  ...REQUEST_FAULTS,
  ...STATE_FAULTS,
  ...FIELD_FAULTS,
]

/** Faults that cannot be seen from outside, with the reason. */
const SURVIVORS = new Map<string, string>([])

const reference = (): Ask => appOf({ store: storeWithToken() })

let python: PythonServer
beforeAll(async () => {
  // One address makes more requests here in a minute than its limit allows.
  python = await startPython([
    ['server.py', '"address": 6_000', '"address": 6_000_000'],
    ['server.py', '"site": 6_000, "share": 1_500', '"site": 6_000_000, "share": 6_000_000'],
  ])
})
afterAll(() => python.stop())

let visitors = 0
/** Returns the server as a visitor of its own meets it: V2's limit is one visitor's, and all faults run within a minute. */
const inPython = (): Ask => {
  const visitor = `10.0.${++visitors >> 8}.${visitors & 255}`
  return async (request) => {
    const { method, url } = request
    const headers = new Headers(request.headers)
    if (!headers.has('X-Forwarded-For')) headers.set('X-Forwarded-For', visitor)
    const body = await request.arrayBuffer()
    const response = await fetch(url.replace(URL_OF_APP, python.url), {
      method,
      headers,
      redirect: 'manual',
      ...(method === 'GET' || method === 'HEAD' ? {} : { body }),
    })
    return new Response(response.status === 204 ? null : await response.arrayBuffer(), response)
  }
}

const examine = async ({ name, found, make }: PlantedFault, server: Ask): Promise<void> => {
  const around = make()
  const results = await runAgainst(
    (request) => around(request, server),
    { only: [found] },
    { nextSecret: NEXT_SECRET, otherSiteId: OTHER_SITE.publicId, siteToken: SITE_TOKEN },
  )
  const [result] = results
  if (SURVIVORS.has(name)) return
  // A message names what was expected and received, not only that something is wrong.
  expect([result?.id, result?.verdict, result?.reason]).toEqual([
    found,
    'failed',
    expect.stringMatching(/.{16}/),
  ])
}

test('there are at least 200 of them, each named once, on every endpoint', () => {
  const all = [...FAULTS, ...READING_FAULTS]
  expect(new Set(all.map(({ name }) => name)).size).toBe(all.length)
  expect(FAULTS.length).toBeGreaterThanOrEqual(200)
  for (const word of ['V1', 'V2', 'sync', 'health', 'preflight'])
    expect(FAULTS.filter(({ name }) => name.includes(word)).length).toBeGreaterThan(15)
})

test('without a fault, none of these checks fails on either server', async () => {
  for (const [server, faults] of [
    [reference(), [...FAULTS, ...READING_FAULTS]],
    [inPython(), FAULTS],
  ] as const) {
    const only = [...new Set(faults.map(({ found }) => found))]
    const told = {
      nextSecret: NEXT_SECRET,
      otherSiteId: OTHER_SITE.publicId,
      siteToken: SITE_TOKEN,
    }
    const results = await runAgainst(server, { only }, told)
    expect(results.filter(({ verdict }) => verdict !== 'passed')).toEqual([])
  }
  expect((await reference()(new Request(URL_OF_APP + CALL_EVENT_V1))).status).toBe(405)
})

describe('the reference server', () => {
  test.each([...FAULTS, ...READING_FAULTS].map((fault) => [fault.name, fault] as const))(
    '%s',
    (_, fault) => examine(fault, reference()),
  )
})

describe('the server in Python', () => {
  test.each(FAULTS.map((fault) => [fault.name, fault] as const))('%s', (_, fault) =>
    examine(fault, inPython()),
  )
})
