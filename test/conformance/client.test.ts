import { expect, test, type TestContext } from 'vitest'
import { clientChecks } from '../../src/conformance/index.js'
import type { Scenario } from '../../src/conformance/client/client.js'
import { playServer } from '../../src/conformance/node/played-server.js'
import { runChecks, type RunOptions } from '../../src/conformance/run.js'
import { sign } from '../../src/proxy/sign.js'
import { ids } from './reference.js'

/** What a client in a few lines does with an answer: again after so many milliseconds, or never. */
type Decide = (response: Response | undefined, text: string, tries: number) => number | undefined

const right: Decide = (response, text, tries) => {
  const status = response?.status ?? 0
  const isHtml = text.includes('<!doctype')
  if (status >= 200 && status < 300 && !isHtml) return undefined
  const code = /"code":"(\w+)"/.exec(text)?.[1]
  if (code === 'SIGNATURE_TIMESTAMP_INVALID' && tries === 1) return 0
  const keep = status === 0 || [408, 425, 429].includes(status) || status >= 500
  if (!keep && code && !isHtml) return undefined
  const header = response?.headers.get('retry-after')
  const asked = header ? Number(header) * 1000 || Date.parse(header) - Date.now() : 0
  return asked > 0 ? asked + 1_000 : 500 * tries
}

/** A client without storage: enough to be judged. */
const clientOf =
  (decide: Decide, change: (event: Record<string, unknown>, tries: number) => object = (e) => e) =>
  async ({ mode, consoleUrl, proxyUrl, siteId, secret }: Scenario) => {
    let timer: NodeJS.Timeout | undefined
    let skew = 0
    let stopped = false
    const event = { site_id: siteId, fingerprint: 'f', event_id: crypto.randomUUID() }
    const attempt = async (tries: number): Promise<void> => {
      const body = JSON.stringify(change(event, tries))
      const ts = String(Math.floor(Date.now() / 1000) + skew)
      const signature = await sign(secret, ts, new TextEncoder().encode(body))
      const response = await fetch(mode === 'signed' ? consoleUrl + '/api/call-event' : proxyUrl, {
        method: 'POST',
        body,
        headers:
          mode === 'signed'
            ? { 'X-Ops-Site-Id': siteId, 'X-Ops-Ts': ts, 'X-Ops-Signature': signature }
            : {},
      }).catch(() => undefined)
      const text = response ? await response.text() : ''
      const stamp = /"server_ts":(\d+)/.exec(text)?.[1]
      if (stamp) skew = Number(stamp) - Math.floor(Date.now() / 1000)
      const wait = decide(response, text, tries)
      if (wait !== undefined && !stopped) timer = setTimeout(() => void attempt(tries + 1), wait)
    }
    void attempt(1)
    return async () => {
      stopped = true
      clearTimeout(timer)
    }
  }

const run = async (
  { onTestFinished }: TestContext,
  drive: ReturnType<typeof clientOf>,
  mode: Scenario['mode'] = 'signed',
  options: RunOptions = {},
) => {
  const { client, close } = await playServer(mode, drive)
  onTestFinished(close)
  return runChecks(clientChecks, () => client, { atOnce: 20, ...options })
}

test.concurrent.for(['signed', 'proxy'] as const)(
  'a right client conforms (%s)',
  { timeout: 60_000 },
  async (mode, context) => {
    const results = await run(context, clientOf(right), mode)
    expect(results.filter(({ verdict }) => verdict === 'failed' || verdict === 'broken')).toEqual(
      [],
    )
  },
)

test.concurrent.for<[string, string, ReturnType<typeof clientOf>]>([
  ['that fires and forgets', 'client.retries', clientOf(() => undefined)],
  [
    'that retries for ever',
    'client.drops',
    clientOf((response, _, tries) => (response?.ok ? undefined : 300 * tries)),
  ],
  [
    'that believes a captive portal',
    'client.html',
    clientOf((response, text, tries) => (response?.ok ? undefined : right(response, text, tries))),
  ],
  [
    'that forgets on a 404 without code',
    'client.no-code',
    clientOf((response, text, tries) =>
      response?.status === 404 ? undefined : right(response, text, tries),
    ),
  ],
  [
    'that does not read Retry-After',
    'client.retry-after',
    clientOf((response, text, tries) =>
      right(response, text, tries) === undefined ? undefined : 300,
    ),
  ],
  [
    'that makes a new event of each retry',
    'client.retries',
    clientOf(right, (event, tries) =>
      tries > 1 ? { ...event, event_id: crypto.randomUUID() } : event,
    ),
  ],
  [
    'that sends a field of its own',
    'client.body',
    clientOf(right, (event) => ({ ...event, mine: 1 })),
  ],
  [
    'that parses an empty answer',
    'client.empty-2xx',
    clientOf((response, text, tries) => (text === '' ? 300 : right(response, text, tries))),
  ],
])('a client %s is found', async ([, id, drive], context) => {
  expect(ids(await run(context, drive, 'signed', { only: [id] }), 'failed')).toEqual([id])
})
