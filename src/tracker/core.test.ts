// @vitest-environment happy-dom
import { beforeEach, expect, test, vi } from 'vitest'
import type { Tracker } from './tracker.js'

/** The stub of docs/frameworks.md, word for word. */
const STUB = `window.opsmantik=['intent','page','flush','consent','ignore'].reduce((o,n)=>(o[n]=(...a)=>new Promise(r=>o.q.push([n,a,r])),o),{q:[]})`

const bodies: string[] = []
beforeEach(() => {
  vi.resetModules()
  bodies.length = 0
  vi.stubGlobal('fetch', async (_: string, { body }: RequestInit) => {
    bodies.push(body as string)
    return Response.json({ status: 'unmatched' })
  })
  delete window.opsmantik
  document.head.innerHTML = `<script type="text/plain" data-ops-site-id="${'a'.repeat(32)}" data-ops-proxy-url="http://localhost:3000/ops"></script>`
})

test('what the page asked of the stub is done once the script has loaded, and its promises settle', async () => {
  // oxlint-disable-next-line typescript/no-implied-eval -- a page's inline script is nothing else
  new Function(STUB)()
  const outcome = (window.opsmantik as unknown as Tracker).intent('booking', 'room-7')
  await import('../core.js')
  expect(await outcome).toMatchObject({ status: 'delivered' })
  expect(JSON.parse(bodies[0]!)).toMatchObject({ intent_action: 'booking' })
  expect(window.opsmantik!.mode).toBe('proxy')
  window.opsmantik!.destroy()
})

test('the stub in the documentation is the one that is tested', async () => {
  const { readFileSync } = await import('node:fs')
  expect(readFileSync('docs/frameworks.md', 'utf8')).toContain(`<script>${STUB}</script>`)
})

test('a tracker that is already there stays', async () => {
  const first = { mode: 'proxy' } as Tracker
  window.opsmantik = first
  await import('../core.js')
  expect(window.opsmantik).toBe(first)
})
