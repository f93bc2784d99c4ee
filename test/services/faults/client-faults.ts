import { expect, it } from 'vitest'
import { drip, headOf } from './drip.js'
import { allStatuses, settle } from './ledger.js'
import { newEntry, note, startLoad } from './load.js'
import type { Scene } from './scene.js'

/** Clients that stop, hang up, or are slow. */
export const clientFaults = (scene: () => Scene): void => {
  it('clients that stop in the middle, or go on for ever, are refused after 15 s, leave no row and keep nobody waiting', async () => {
    const { env, found } = await scene().ownDatabase()
    const server = await scene().start(env)
    const { body } = newEntry()
    const whole = headOf(body) + body
    const chunk = `${body.length.toString(16)}\r\n${body}\r\n`
    const stopped = {
      'in the body': drip(server.url, [whole.slice(0, -50)]),
      'in the head': drip(server.url, [whole.slice(0, 60)]),
      // All of a good event has arrived; only the end of the request has not.
      'before the last chunk': drip(server.url, [
        headOf(body, 'Transfer-Encoding: chunked') + chunk,
      ]),
      'a byte every 100 ms': drip(server.url, [headOf(body, 'Content-Length: 9999'), ...body], {
        pause: 100,
      }),
    }
    const load = startLoad(server.url, 200)
    for (const [where, answer] of Object.entries(stopped)) {
      const { status, text, ms } = await answer
      expect(status, where).toBe(408)
      expect(JSON.parse(text), where).toMatchObject({ code: 'REQUEST_TIMEOUT' })
      expect(ms, where).toBeGreaterThan(14_000)
      expect(ms, where).toBeLessThan(22_000)
    }
    const entries = await load.finish()
    settle('clients stop in the middle for ever', entries, await found())
    expect(allStatuses(entries)).toEqual(new Set([200]))
  })

  it.each(['FIN', 'RST'] as const)(
    'clients that hang up (%s) before the end of a request leave no row, even if what arrived is a whole event',
    async (hangUp) => {
      const { env, found } = await scene().ownDatabase()
      const server = await scene().start(env)
      const load = startLoad(server.url)
      await Promise.all(
        Array.from({ length: 50 }, async (_, n) => {
          const { body } = newEntry()
          const framing =
            n % 2 === 0 ? `Content-Length: ${body.length + 1}` : 'Transfer-Encoding: chunked'
          const sent = n % 2 === 0 ? body : `${body.length.toString(16)}\r\n${body}\r\n`
          const { status } = await drip(server.url, [headOf(body, framing), sent], {
            pause: 20,
            hangUp,
          })
          expect([0, 400]).toContain(status)
        }),
      )
      await load.more(200)
      const entries = await load.finish()
      settle(`50 clients hang up in the middle (${hangUp})`, entries, await found())
      expect(allStatuses(entries)).toEqual(new Set([200]))
    },
  )

  it('two hundred clients that send a byte every 40 ms are served, and so are the others meanwhile', async () => {
    const { env, found } = await scene().ownDatabase()
    const server = await scene().start(env)
    const slow = Array.from({ length: 200 }, newEntry)
    const dripping = Promise.all(
      slow.map(async (entry) => {
        entry.deliveries++
        const { body } = entry
        const { status, text } = await drip(server.url, [headOf(body), ...body], { pause: 40 })
        note(entry, status, text)
      }),
    )
    const load = startLoad(server.url, 100)
    await load.more(500)
    const isStillDripping = slow.every(({ callId }) => callId === null)
    await dripping
    const entries = [...slow, ...(await load.finish())]
    settle('200 slow clients, and 24 quick ones', entries, await found())
    expect(isStillDripping, 'the quick ones were served meanwhile').toBe(true)
    expect(allStatuses(entries)).toEqual(new Set([200]))
  })
}
