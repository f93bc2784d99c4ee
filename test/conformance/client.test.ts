import { expect, test } from 'vitest'
import { clientChecks } from '../../cli/src/conformance/index.js'
import type { Scenario } from '../../cli/src/conformance/client/client.js'
import { playServer, type Drive } from '../../cli/src/conformance/node/played-server.js'
import { runChecks } from '../../cli/src/conformance/run.js'
import { ids } from './reference.js'
import { right, simulate, type Behaviour, type ClientMode } from './simulated-client.js'

const run = (changes: Partial<Behaviour>, mode: ClientMode = 'signed', only?: string[]) =>
  runChecks(clientChecks, () => simulate(mode, changes), { only })

test.each<[ClientMode, string[]]>([
  ['signed', ['client.stamp', 'client.unsigned']],
  ['proxy', ['client.clock', 'client.stamp', 'client.signed']],
])('a client that follows section 13 conforms (%s)', async (mode, unseen) => {
  const results = await run({}, mode)
  expect(results.filter(({ verdict }) => verdict === 'failed' || verdict === 'broken')).toEqual([])
  expect(ids(results, 'unseen')).toEqual(unseen)
})

/** Decides as `right` does, but for one kind of response. */
const but =
  (
    when: (status: number, code: string, text: string) => boolean,
    then: (failures: number) => number | undefined,
  ): Behaviour['decide'] =>
  (response) => {
    const code = /"code":"(\w+)"/.exec(response.text)?.[1] ?? ''
    return when(response.status, code, response.text)
      ? then(response.failures)
      : right.decide(response)
  }

const never = (): undefined => undefined
const soon = (failures: number): number => 500 * failures

test.each<[string, string, Partial<Behaviour>, ClientMode?]>([
  ['that fires and forgets', 'client.retries', { decide: never }],
  [
    'that gives up when the connection is closed',
    'client.no-answer',
    { decide: but((status) => status === 0, never) },
  ],
  ['that drops 425', 'client.retryable', { decide: but((status) => status === 425, never) }],
  [
    'that sends again what was recorded',
    'client.once',
    { decide: but((status) => status === 200, soon) },
  ],
  [
    'that retries a duplicate',
    'client.noop',
    { decide: but((_, __, text) => text.includes('noop'), soon) },
  ],
  [
    'that stops only at 200 with matched',
    'client.stops',
    { decide: but((_, __, text) => text.includes('unmatched'), soon) },
  ],
  [
    'that retries what no server can record',
    'client.drops',
    {
      decide: but(
        (_, code) => code === 'INVALID_BODY',
        () => 65_000,
      ),
    },
  ],
  [
    'that believes a captive portal',
    'client.html',
    { decide: but((status, _, text) => status === 200 && text.includes('<!doctype'), never) },
  ],
  [
    'that drops at a firewall’s page',
    'client.html',
    { decide: but((status, _, text) => status === 403 && text.includes('<!doctype'), never) },
  ],
  [
    'that forgets on a 404 without code',
    'client.no-code',
    { decide: but((status, code) => status === 404 && code === '', never) },
  ],
  [
    'that drops at a gateway’s own 413',
    'client.no-code',
    { decide: but((status, code) => status === 413 && code === '', never) },
  ],
  [
    'that drops at a wrong secret',
    'client.keeps-refused',
    { decide: but((_, code) => code === 'SIGNATURE_INVALID', never) },
  ],
  [
    'that drops at an origin which is not listed',
    'client.keeps-refused',
    { decide: but((_, code) => code === 'ORIGIN_NOT_ALLOWED', never) },
  ],
  [
    'that drops at a site which does not exist yet',
    'client.keeps-refused',
    { decide: but((_, code) => code === 'INVALID_SITE_ID', never) },
  ],
  [
    'that drops at a path that moved',
    'client.keeps-refused',
    { decide: but((_, code) => code === 'NOT_FOUND', never) },
  ],
  [
    'that retries a refusal of the configuration like a 503',
    'client.retries-rarely',
    { decide: but((_, code) => code === 'SIGNATURE_INVALID', soon) },
  ],
  [
    'that retries at a captive portal like at a 503',
    'client.retries-rarely',
    { decide: but((status, _, text) => status === 200 && text.includes('<!doctype'), soon) },
  ],
  [
    'that does not read Retry-After',
    'client.retry-after',
    { decide: but((status) => status === 429, soon) },
  ],
  [
    'that reads Retry-After as seconds only',
    'client.retry-after-date',
    {
      decide: ({ headers, ...response }) =>
        right.decide({
          ...response,
          headers: new Headers(
            [...headers].filter(([name, value]) => name !== 'retry-after' || /^\d+$/.test(value)),
          ),
        }),
    },
  ],
  [
    'that makes a new event of each retry',
    'client.retries',
    {
      event: ({ event, tries }) =>
        tries > 1 ? { ...event, event_id: crypto.randomUUID() } : event,
    },
  ],
  [
    'that builds the body anew for each attempt',
    'client.same-body',
    { event: ({ event, tries }) => ({ ...event, ua: `attempt ${tries}` }) },
  ],
  [
    'that sends a field of its own',
    'client.body',
    { event: ({ event }) => ({ ...event, mine: 1 }) },
  ],
  [
    'that sends a value which is no number',
    'client.body',
    { event: ({ event }) => ({ ...event, value: '120 TL' }) },
  ],
  [
    'that copies a click id as it is',
    'client.body-of-hostile-page',
    {
      event: ({ event, query }) => {
        const gclid = new URLSearchParams(query).get('gclid')
        return gclid === null ? event : { ...event, gclid }
      },
    },
  ],
  [
    'that copies a click id of any length',
    'client.body-of-hostile-page',
    {
      event: ({ event, query }) => {
        const wbraid = new URLSearchParams(query).get('wbraid')
        return wbraid === null ? event : { ...event, wbraid }
      },
    },
  ],
  [
    'that writes its stamp with underscores',
    'client.stamp',
    { event: ({ event }) => ({ ...event, intent_stamp: '1767225600000_ab12_tel_x1y2z3' }) },
  ],
  [
    'that parses an empty response',
    'client.empty-2xx',
    { decide: but((status, _, text) => status > 0 && text === '', soon) },
  ],
  [
    'that signs another serialisation than it sends',
    'client.signed',
    { signedText: (body) => JSON.stringify(JSON.parse(body), null, 1) },
  ],
  [
    'whose clock stays wrong',
    'client.clock',
    { decide: but((_, code) => code === 'SIGNATURE_TIMESTAMP_INVALID', never) },
  ],
  [
    'that sends the secret through the proxy',
    'client.unsigned',
    { event: ({ event }) => ({ ...event, ua: 'conformance-secret-of-no-site' }) },
    'proxy',
  ],
  ['that never gives up a request', 'client.gives-up', { givesUpMs: Infinity }],
  ['that gives up after 3 s', 'client.gives-up', { givesUpMs: 3_000 }],
  ['that sends every press at once', 'client.four-at-once', { inFlight: Infinity }],
  ['that sends six at once', 'client.four-at-once', { inFlight: 6 }],
  ['that keeps its queue in memory', 'client.reopen-keeps', { onReopen: never }],
  [
    'that sends its queue on every page',
    'client.reopen-waits',
    { onReopen: (opened) => opened + 100 },
  ],
])('a client %s is found', async (_, id, changes, mode = 'signed') => {
  expect(ids(await run(changes, mode, [id]), 'failed')).toEqual([id])
})

test('a client that records one intent only is not judged by how many it has in flight', async () => {
  const client = simulate('signed')
  const [result] = await runChecks(
    clientChecks,
    () => ({ ...client, play: (script) => client.play({ ...script, presses: 1 }) }),
    { only: ['client.four-at-once'] },
  )
  expect(result).toMatchObject({
    verdict: 'unseen',
    reason: 'this client recorded 1 of 10 intents; OPS_PRESSES says how many it has to record',
  })
})

test('a client that cannot open its page again is not judged by what outlives it', async () => {
  const results = await runChecks(
    clientChecks,
    () => ({ ...simulate('proxy'), canReopen: false }),
    { only: ['client.reopen-keeps', 'client.reopen-waits'] },
  )
  expect(ids(results, 'unseen')).toEqual(['client.reopen-keeps', 'client.reopen-waits'])
})

/** Sends each press once, and again for every time its page is opened again. */
const drive: Drive = Object.assign(
  async ({ proxyUrl, siteId, presses, query }: Scenario) => {
    const aborts = new AbortController()
    const post = (word: string): void => {
      fetch(proxyUrl, {
        method: 'POST',
        body: JSON.stringify({ event_id: word, site_id: siteId, url: query }),
        signal: aborts.signal,
      }).catch(() => {})
    }
    for (let press = 0; press < presses; press++) post(`press ${press}`)
    return { reopen: async () => post('reopened'), stop: async () => aborts.abort() }
  },
  { canReopen: true },
)

test('the played server gives a client its presses, its query and a page that opens again', async ({
  onTestFinished,
}) => {
  const { client, close } = await playServer('proxy', drive)
  onTestFinished(close)
  const tries = await client.play({
    replies: ['hang', 'reset', { status: 204 }],
    presses: 2,
    query: '?gclid=x',
    reopenAfter: 1,
    listen: 10_000,
    until: 3,
  })
  expect(tries.map(({ json }) => json['event_id']).toSorted()).toEqual([
    'press 0',
    'press 1',
    'reopened',
  ])
  expect(tries[0]!.json['url']).toBe('?gclid=x')
})
