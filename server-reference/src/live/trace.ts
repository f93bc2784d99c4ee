import { AsyncLocalStorage } from 'node:async_hooks'
import type { Ctx, Step } from '../env.js'
import type { World } from '../world.js'
import type { Detail } from './detail.js'
import { bodyOf, claimedSiteOf, headersOf, targetOf } from './detail-request.js'
import { stepsOf, type Pass } from './detail-steps.js'
import type { Feed, NewMessage } from './feed.js'
import { SHOWN } from './shown.js'

/** The request that runs, so that what it publishes finds its detail. */
const running = new AsyncLocalStorage<Promise<Detail>>()

/** A feed for development: each message brings the detail of the request that caused it. */
export const withDetail = (feed: Feed): Feed => ({
  ...feed,
  publish: (message) => {
    const coming = running.getStore()
    if (coming === undefined) return feed.publish(message)
    void coming.then((detail) => {
      const detailed = { ...message, detail }
      feed.publish(detailed)
    })
  },
})

/**
 * Runs a request and keeps what the console will show of it. Development only: `serve` asks once, when the server is
 * built, and in production no request passes here.
 */
export const traceRequest = (
  world: World,
  c: Ctx,
  steps: readonly Step[],
  handle: (steps: readonly Step[]) => Promise<Response>,
): Promise<Response> => {
  if (!SHOWN.has(c.req.path)) return handle(steps)
  const began = performance.now()
  const passes: Pass[] = []
  const watched = steps.map((step) => watch(step, passes))
  let finish!: (detail: Detail) => void
  const coming = new Promise<Detail>((resolve) => (finish = resolve))
  return running.run(coming, async () => {
    const response = await handle(watched)
    const ms = performance.now() - began
    const answer = await response.clone().text()
    finish({
      method: c.req.method,
      target: targetOf(c),
      requestId: c.get('requestId'),
      ...headersOf(c),
      body: bodyOf(c),
      steps: stepsOf(c, passes, world.signingDisabled),
      answer: {
        status: response.status,
        headers: [...response.headers],
        body: answer,
      },
      site: c.get('siteId') ?? c.get('siteIds')?.[0] ?? c.get('signedSite') ?? null,
      claimedSite: claimedSiteOf(c),
      ms,
    })
    if (c.get('outcome') === 'noop') setImmediate(publishNoop, world.feed, c, answer)
    return response
  })
}

/** Nothing was recorded, so there is no call to tell of; but who integrates wonders where the press has gone. */
const publishNoop = (feed: Feed, c: Ctx, answer: string): void => {
  const event = c.get('event')
  const { call_id } = JSON.parse(answer) as { call_id: string }
  const message = {
    // A type of its own: who counts the contract's calls must not count this one.
    type: 'noop',
    call_id,
    session_id: null,
    site_id: c.get('siteId'),
    status: 'noop',
    endpoint: c.req.path,
    action: event.intent_action ?? event.action ?? null,
    target: event.intent_target ?? event.phone_number ?? null,
    page_url: event.intent_page_url ?? event.url ?? null,
  }
  feed.publish(message as NewMessage)
}

const watch =
  (step: Step, passes: Pass[]): Step =>
  async (c) => {
    const began = performance.now()
    let ended = true
    try {
      const verdict = await step(c)
      ended = verdict !== undefined
      return verdict
    } finally {
      passes.push({ number: step.number, ms: performance.now() - began, ended })
    }
  }
