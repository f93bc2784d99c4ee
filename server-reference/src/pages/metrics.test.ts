import { expect, it } from 'vitest'
import { createApp } from '../app.js'
import { createMetrics } from '../observe/metrics.js'
import { call, event, pageEvent, sync } from '../testing/call.js'
import { createWorld } from '../testing/world.js'
import type { World } from '../world.js'

const scrape = async (world: World, authorization?: string) => {
  const headers = authorization === undefined ? {} : { Authorization: authorization }
  const response = await createApp(world).request('/metrics', { headers })
  return {
    status: response.status,
    type: response.headers.get('Content-Type'),
    text: await response.text(),
  }
}

it('reports the warnings of health', async () => {
  const warnings = [
    { code: 'ORIGIN_ENDING', message: 'https://old.example ends tomorrow' },
  ] as const
  const metrics = createMetrics(
    () => 'memory',
    () => warnings,
  )
  const { text } = await scrape(createWorld({ console: true, metrics }))
  expect(text).toContain('opsmantik_warning{code="ORIGIN_ENDING"} 1')
  expect(text).toContain('opsmantik_warning{code="LIMITER_DEGRADED"} 0')
  expect(text).not.toContain('old.example')
})

it('counts outages of the shared store, failed upkeep and lost log lines, which others keep', async () => {
  const metrics = createMetrics(
    () => 'redis',
    () => [],
    { storeOutages: () => 4, upkeepFailures: () => 3, lostLogLines: () => 2 },
  )
  const { text } = await scrape(createWorld({ console: true, metrics }))
  for (const line of [
    'opsmantik_shared_store_outages_total 4',
    'opsmantik_upkeep_failures_total 3',
    'opsmantik_log_lines_lost_total 2',
  ])
    expect(text).toContain(`${line}\n`)
})

it('says in Prometheus’ text what was asked, what became of it, and how the server counts', async () => {
  const world = createWorld({ console: true, metrics: createMetrics(() => 'degraded') })
  const body = event()
  await call(world, { body })
  await call(world, { body })
  await call(world, { headers: { 'X-Ops-Signature': '0'.repeat(64) } })
  await sync(world, pageEvent())
  world.metrics.batch('verify', 3)
  await createApp(world).request('/somebody/s/invention')
  const { status, type, text } = await scrape(world)
  expect(status).toBe(200)
  expect(type).toMatch(/^text\/plain; version=0\.0\.4/)
  for (const line of [
    'opsmantik_requests_total{endpoint="/api/call-event/v2",status="200",code="unmatched"} 1',
    'opsmantik_requests_total{endpoint="/api/call-event/v2",status="200",code="noop"} 1',
    'opsmantik_requests_total{endpoint="/api/call-event/v2",status="401",code="SIGNATURE_INVALID"} 1',
    'opsmantik_requests_total{endpoint="/api/sync",status="200",code="synced"} 1',
    'opsmantik_requests_total{endpoint="other",status="404",code="NOT_FOUND"} 1',
    'opsmantik_refusals_total{code="SIGNATURE_INVALID"} 1',
    'opsmantik_duplicates_total 1',
    'opsmantik_request_duration_seconds_count{endpoint="/api/call-event/v2"} 3',
    'opsmantik_batch_size_sum{statement="verify"} 3',
    'opsmantik_limiter_mode{mode="degraded"} 1',
    'opsmantik_limiter_mode{mode="redis"} 0',
  ])
    expect(text).toContain(`${line}\n`)
  expect(text).toMatch(
    /^opsmantik_request_duration_seconds_bucket\{le="0\.05",endpoint="\/api\/sync"\} \d/m,
  )
  expect((await scrape(world)).text).toContain('opsmantik_duplicates_total 1\n')
})

it('in production it is not there without a token, and with one only for who shows it', async () => {
  expect((await scrape(createWorld())).status).toBe(404)
  const world = createWorld({ metricsToken: 'the-metrics-token' })
  expect((await scrape(world)).status).toBe(401)
  expect((await scrape(world, 'Bearer the-metrics-toke')).status).toBe(401)
  expect((await scrape(world, 'Bearer the-metrics-token')).status).toBe(200)
})
