import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectIssuePaths, requestOf, type RefusalCase } from './support/refusal-vectors.js'
import { REFUSALS } from '../../src/contract/index.js'
import vectors from '../../src/contract/vectors.json' with { type: 'json' }
import { createProxy } from '../../src/proxy/index.js'
import { createApp, type World } from '../../server-reference/src/index.js'
import { createWorld } from '../../server-reference/src/testing/world.js'
import { startPython, type PythonServer } from './support/python.js'

const { given, cases } = vectors.refusals as unknown as {
  given: { origin: string; live_token: string }
  cases: RefusalCase[]
}
const NOW_MS = 1_795_000_000_000

/** Codes that no single request provokes everywhere, each with the reason. */
const WITHOUT_VECTOR = {
  BAD_REQUEST: 'the request is not HTTP',
  REQUEST_TIMEOUT: 'the request takes 15 s',
  HEADERS_TOO_LARGE: 'libraries refuse to send it',
  INTERNAL: 'a mistake of the server’s own',
  METRICS_TOKEN_REQUIRED: 'a path of the reference server alone',
}

/** Further fields and headers of each code, as the contract's table has them. */
const listed = Object.fromEntries(
  [
    ...readFileSync(new URL('../../docs/contract.md', import.meta.url), 'utf8').matchAll(
      /^\| `([A-Z_]+)` +\| \d{3} +\|[^|]*\|([^|]*)\|([^|]*)\|/gm,
    ),
  ].map(([, code, fields, headers]) => [
    code!,
    {
      fields: [...fields!.matchAll(/`(\w+)`(\??)/g)].map(([, name, mark]) => name! + mark!),
      headers: [...headers!.matchAll(/`([\w-]+)`/g)].map(([, name]) => name!),
    },
  ]),
)

const rejecting = (): Promise<never> => Promise.reject(new Error('away'))
const { store, ...others } = createWorld()

/** The changes that a state makes to the server. */
const STATES: Record<string, Partial<World>> = {
  'signing disabled': { signingDisabled: true },
  'clock stands still': { now: () => NOW_MS },
  'verifier away': { store: { ...store, verify: rejecting } },
  'store away': { store: { ...store, recordCall: rejecting, recordSync: rejecting } },
}

const upstream = (state: string | undefined): typeof fetch => {
  if (state === 'upstream away') return rejecting
  return () => new Promise<never>(() => {})
}

const ask = async (refusal: RefusalCase, path: string): Promise<Response> => {
  const { role, state, times = 1 } = refusal
  let nowMs = Date.now()
  let answer: (request: Request) => Promise<Response>
  if (role === 'proxy') {
    const [site] = vectors.refusals.given.sites
    answer = createProxy({
      siteId: site!.public_id,
      secret: state === 'no secret' ? undefined : site!.secret,
      consoleUrl: 'https://console.example',
      timeout: 1,
      fetch: upstream(state),
    })
  } else {
    nowMs = state === 'clock stands still' ? NOW_MS : nowMs
    const app = createApp(
      createWorld({ ...(state !== undefined && STATES[state]), liveToken: given.live_token }),
    )
    answer = (request) => app.fetch(request, { address: '192.0.2.1' })
  }
  const base = role === 'proxy' ? given.origin : 'https://console.example'
  let response!: Response
  for (let sent = 0; sent < times; sent++)
    response = await answer(requestOf(refusal, base + path, nowMs))
  return response
}

const each = cases.flatMap((refusal) =>
  refusal.paths.map((path) => [refusal.name, path, refusal] as const),
)

describe('the reference server and proxy', () => {
  test.each(each)('%s, at %s', async (_, path, refusal) => {
    const response = await ask(refusal, path)
    const body = (await response.json()) as Record<string, unknown>
    expect([response.status, body['code']]).toEqual([refusal.status, refusal.code])
    expect(response.headers.get('content-type')).toContain('application/json')
    expect(body).toMatchObject({ ...refusal.extra, request_id: expect.any(String) })
    expectIssuePaths(body, refusal)
    const { fields, headers } = listed[refusal.code]!
    if (refusal.role !== 'proxy') {
      const required = fields.filter((name) => !name.endsWith('?'))
      expect(Object.keys(body)).toEqual(expect.arrayContaining(required))
    }
    const known = ['error', 'code', 'request_id', ...fields.map((name) => name.replace('?', ''))]
    expect(Object.keys(body).filter((name) => !known.includes(name))).toEqual([])
    expect(headers.filter((name) => !response.headers.has(name))).toEqual([])
  })
})

describe('the server in Python', () => {
  let server: PythonServer
  beforeAll(async () => {
    // A minute of these requests is more than one client may send.
    server = await startPython([
      [
        'server.py',
        '"coarse": 300, "sync": 500, "v1": 80, "v2": 150',
        '"coarse": 9_000, "sync": 9_000, "v1": 9_000, "v2": 9_000',
      ],
      ['server.py', '"share": 1_500', '"share": 9_000'],
    ])
  })
  afterAll(() => server.stop())

  /** It has no feed and no reading, and nothing can be taken away from it. */
  const has = ([, path, { role, state, times }]: (typeof each)[number]): boolean =>
    role === undefined &&
    state === undefined &&
    times === undefined &&
    !/^\/api\/(live|calls)/.test(path)

  test.each(each.filter(has))('%s, at %s', async (_, path, refusal) => {
    const response = await fetch(requestOf(refusal, server.url + path, Date.now()))
    const body = (await response.json()) as Record<string, unknown>
    expect([response.status, body['code']]).toEqual([refusal.status, refusal.code])
    expectIssuePaths(body, refusal)
  })
})

test('every code has a vector, or the reason why it has none', () => {
  const codes = new Set([...cases.map(({ code }) => code), ...Object.keys(WITHOUT_VECTOR)])
  expect([...codes].toSorted()).toEqual(Object.keys(REFUSALS).toSorted())
  for (const { code, status } of cases)
    expect([code, status]).toEqual([code, REFUSALS[code as keyof typeof REFUSALS].status])
})

test('the world of these tests is the one that the vectors describe', () => {
  expect(others.origins.allows(given.origin)).toBe(true)
  expect(new Set(each.map(([name, path]) => `${name} ${path}`)).size).toBe(each.length)
})
