import type { RequestContext } from '../http/request-context.js'
import { runSteps, type SendAnswer } from '../http/run-steps.js'
import type { Step } from '../steps/step.js'
import type { World } from '../world.js'
import type { Detail } from './detail.js'
import { bodyOf, claimedSiteOf, fieldsOf, headersOf, targetOf } from './detail-request.js'
import { stepsOf, type Pass } from './detail-steps.js'
import type { Feed, NewMessage } from './feed.js'

/** Returns a feed for development: each message has the detail of the request that caused it. */
export const withDetail = (feed: Feed): Feed => ({
  ...feed,
  // The console shows what happened before it was opened, too.
  isWanted: () => true,
  publish: (message, coming) => {
    if (coming === undefined) return feed.publish(message)
    void coming.then((detail) => {
      const detailed = { ...message, detail }
      feed.publish(detailed)
    })
  },
})

/**
 * Runs a request and keeps what the console will show of it. Development only: in production no request passes here.
 */
export const traceRequest = (
  world: World,
  context: RequestContext,
  steps: readonly Step[],
  send: SendAnswer,
): void => {
  const began = performance.now()
  const passes: Pass[] = []
  const watched = steps.map((step) => watch(step, passes))
  let finish!: (detail: Detail) => void
  context.detail = new Promise<Detail>((resolve) => (finish = resolve))
  runSteps(world, watched, context, (answer) => {
    const ms = performance.now() - began
    const { status, headers } = answer
    const body = typeof answer.body === 'string' ? answer.body : ''
    send(answer)
    finish({
      method: context.method,
      target: targetOf(context),
      requestId: context.requestId,
      ...headersOf(context),
      body: bodyOf(context),
      steps: stepsOf(context, steps, passes),
      fields: fieldsOf(context.event),
      answer: { status, headers: pairsOf(headers), body },
      site: context.siteId ?? context.siteIds?.[0] ?? context.signedSite ?? null,
      claimedSite: claimedSiteOf(context),
      ms,
    })
    if (context.outcome === 'noop') publishNoop(world.feed, context, body)
  })
}

const pairsOf = (headers: readonly string[]): [string, string][] =>
  Array.from({ length: headers.length / 2 }, (_, i) => [
    headers[2 * i]!.toLowerCase(),
    headers[2 * i + 1]!,
  ])

/**
 * Publishes a repeat. Nothing was recorded, so there is no call to show, but a developer looks for the press that was
 * sent again.
 */
const publishNoop = (feed: Feed, context: RequestContext, answer: string): void => {
  const event = context.event!
  const { call_id } = JSON.parse(answer) as { call_id: string }
  const message = {
    // A separate type, because a program that counts the contract's calls must not count this one.
    type: 'noop',
    call_id,
    session_id: null,
    site_id: context.siteId,
    status: 'noop',
    endpoint: context.path,
    action: event.intent_action ?? event.action ?? null,
    target: event.intent_target ?? event.phone_number ?? null,
    page_url: event.intent_page_url ?? event.url ?? null,
  }
  feed.publish(message as NewMessage, context.detail)
}

const watch = (step: Step, passes: Pass[]): Step => ({
  ...step,
  run: async (context) => {
    const began = performance.now()
    try {
      return await step.run(context)
    } finally {
      passes.push({ step, ms: performance.now() - began })
    }
  },
})
