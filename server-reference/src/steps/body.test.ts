import { expect, it } from 'vitest'
import { createApp } from '../app.js'
import { call, event } from '../testing/call.js'
import { signed } from '../testing/sign.js'
import { createWorld } from '../testing/world.js'

const padded = (size: number): string => event().padEnd(size)

it('a body of 65,536 bytes is taken, one more is 413', async () => {
  expect((await call(createWorld(), { body: padded(65_536) })).status).toBe(200)
  const { status, body } = await call(createWorld(), { body: padded(65_537) })
  expect(status).toBe(413)
  expect(body).toMatchObject({ code: 'PAYLOAD_TOO_LARGE' })
})

it('bytes count, not characters', async () => {
  const { status } = await call(createWorld(), { body: event({ x: 'ş'.repeat(33_000) }) })
  expect(status).toBe(413)
})

it('a declared size that is too large is enough, and not a byte is read', async () => {
  const { status } = await call(createWorld(), { headers: { 'Content-Length': '65537' } })
  expect(status).toBe(413)
})

it('a stream that declares nothing is counted while it is read, and left at the limit', async () => {
  let sent = 0
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      sent += 16_384
      controller.enqueue(new Uint8Array(16_384))
    },
  })
  const init = { method: 'POST', body: endless, duplex: 'half' as const, headers: signed('') }
  const response = await createApp(createWorld()).request('/api/call-event/v2', init)
  expect(response.status).toBe(413)
  expect(sent).toBeLessThan(65_536 + 4 * 16_384)
})

it('a body that breaks off is a 400, not a 500', async () => {
  const broken = new ReadableStream<Uint8Array>({ pull: (c) => c.error(new Error('hung up')) })
  const init = { method: 'POST', body: broken, duplex: 'half' as const }
  const response = await createApp(createWorld()).request('/api/call-event/v2', init)
  expect(response.status).toBe(400)
  expect(await response.json()).toMatchObject({ code: 'BAD_REQUEST' })
})
