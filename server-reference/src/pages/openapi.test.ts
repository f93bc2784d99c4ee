import { expect, it } from 'vitest'
import type { z } from '@hono/zod-openapi'
import { createApp } from '../app.js'
import { call, event, pageEvent, sync } from '../testing/call.js'
import { createWorld } from '../testing/world.js'
import { callAnswer, callsAnswer, healthAnswer, refusalAnswer, syncAnswer } from './answers.js'
import { openApiDocument } from './openapi.js'

it('the document is OpenAPI 3.1 and has every path of the contract', async () => {
  const response = await createApp(createWorld()).request('/openapi.json')
  const document = (await response.json()) as ReturnType<typeof openApiDocument>
  expect(document.openapi).toBe('3.1.0')
  const operations = Object.entries(document.paths ?? {}).map(
    ([path, item]) => `${path} ${Object.keys(item).join()}`,
  )
  expect(operations).toEqual([
    '/api/call-event post,options',
    '/api/call-event/v2 post,options',
    '/api/sync post,options',
    '/api/health get',
    '/api/live get',
    '/api/calls get',
  ])
})

it('fields have the contract’s lengths, and every reference leads somewhere', () => {
  const document = openApiDocument()
  const schemas = document.components!.schemas!
  expect(schemas.CallEvent).toMatchObject({
    type: 'object',
    required: ['site_id', 'fingerprint'],
    properties: {
      site_id: { type: 'string', maxLength: 64 },
      fingerprint: { type: 'string', minLength: 1, maxLength: 128 },
      event_id: { type: 'string', format: 'uuid' },
      phone_number: { type: ['string', 'null'], maxLength: 256 },
    },
  })
  expect(schemas.CallEvent).not.toHaveProperty('additionalProperties')
  const refs = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g)]
  expect(refs.length).toBeGreaterThan(10)
  for (const [, name] of refs) expect(schemas).toHaveProperty(name!)
})

it('what the server answers is what the document says', async () => {
  const world = createWorld()
  const body = event()
  const health = await (await createApp(world).request('/api/health')).json()
  const read = async (query: string) =>
    (
      await createApp(world).request(`/api/calls${query}`, {
        headers: { Authorization: `Bearer ${world.liveToken}` },
      })
    ).json() as Promise<{ calls?: unknown[] }>
  await call(world)
  const calls = await read('')
  expect(calls.calls).toHaveLength(1)
  const refusedQuery = await read('?limit=x')
  const answers: [z.ZodType, unknown][] = [
    [callAnswer, (await call(world, { body })).body],
    [callAnswer, (await call(world, { body })).body],
    [syncAnswer, (await sync(world, pageEvent())).body],
    [callAnswer, (await call(world)).body],
    [healthAnswer, health],
    [callsAnswer, calls],
    [refusalAnswer, refusedQuery],
    [refusalAnswer, (await call(world, { body: '{}' })).body],
    [refusalAnswer, (await call(world, { headers: { Origin: 'https://x.example' } })).body],
    [refusalAnswer, (await call(world, { headers: { 'X-Ops-Ts': '1' } })).body],
    [refusalAnswer, (await sync(world, { events: [pageEvent({ s: 'x' })] })).body],
  ]
  for (const [schema, answer] of answers) expect(schema.safeParse(answer).error).toBeUndefined()
})

it('the documentation is a page without scripts and without anything from elsewhere', async () => {
  const response = await createApp(createWorld()).request('/docs')
  const page = await response.text()
  expect(response.headers.get('content-type')).toContain('text/html')
  expect(page).toContain('POST /api/call-event/v2')
  expect(page).not.toMatch(/<script|src=|https?:\/\/(?!opensource)/)
})
