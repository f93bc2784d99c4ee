import { afterEach, expect, it, vi } from 'vitest'
import { createApp } from '../app.js'
import { OriginPolicy } from '../config/origins.js'
import { VERSION } from '../version.js'
import { createWorld } from '../testing/world.js'
import type { World } from '../world.js'

afterEach(() => void vi.useRealTimers())

const health = async (world: World) => {
  const response = await createApp(world).request('/api/health')
  return { status: response.status, body: await response.json() }
}

it('says that all is well', async () => {
  expect(await health(createWorld())).toEqual({
    status: 200,
    body: {
      ok: true,
      ts: expect.any(Number),
      version: VERSION,
      contract: '1.0',
      db_ok: true,
      limiter: 'memory',
      feed: 'local',
      environment: 'production',
      warnings: [],
      request_id: expect.any(String),
    },
  })
})

it('says how it hears of what other processes record', async () => {
  const world = createWorld({ feedMode: () => 'polling' })
  expect((await health(world)).body).toMatchObject({ feed: 'polling' })
})

it('says what comes and goes while it is there', async () => {
  const warning = { code: 'UPKEEP_FAILING', message: 'months' } as const
  let passing = [warning]
  const world = createWorld({ passingWarnings: () => passing })
  expect((await health(world)).body).toMatchObject({ warnings: [warning] })
  passing = []
  expect((await health(world)).body).toMatchObject({ warnings: [] })
})

it('in development it says nothing of where it is', async () => {
  expect((await health(createWorld({ console: true }))).body).not.toHaveProperty('environment')
})

it('says that signing is disabled, and what it warns about, without an origin', async () => {
  const origins = new OriginPolicy([{ origin: 'https://old.example', until: '2020-01-01' }])
  const first = { code: 'DATA_NOT_KEPT', message: 'first' } as const
  const { body } = await health(createWorld({ signingDisabled: true, origins, warnings: [first] }))
  expect(body).toMatchObject({
    signing_disabled: true,
    warnings: [
      first,
      { code: 'ORIGIN_ENDED', message: 'ALLOWED_ORIGINS: entry 1 ended on 2020-01-01; remove it' },
    ],
  })
  expect(JSON.stringify(body)).not.toContain('old.example')
})

it('is 503 when the database fails', async () => {
  const world = createWorld()
  world.store.ping = () => Promise.reject(new Error('down'))
  expect(await health(world)).toMatchObject({ status: 503, body: { ok: false, db_ok: false } })
})

it('is 503 when the database does not answer within two seconds', async () => {
  vi.useFakeTimers()
  const world = createWorld()
  world.store.ping = () => new Promise(() => {})
  const answer = health(world)
  await vi.advanceTimersByTimeAsync(2_000)
  expect((await answer).status).toBe(503)
})
