import { REQUEST_ID_HEADER } from '@opsmantik/tracker/contract'
import { observe } from '../observe/observe.js'
import type { Step } from '../steps/step.js'
import type { World } from '../world.js'
import type { Answer } from './answer.js'
import { refuse } from './refuse.js'
import type { RequestContext, Verdict } from './request-context.js'
import { requestIdFor } from './request-id.js'

/** Takes the answer to a request; called exactly once. */
export type SendAnswer = (answer: Answer) => void

const REQUEST_ID = REQUEST_ID_HEADER.toLowerCase()

/**
 * Runs the steps in their order until one answers. Steps that do not wait run without a promise between them. The
 * answer is sent first; log, metrics and live feed come after it and cannot fail the request.
 */
export const runSteps = (
  world: World,
  steps: readonly Step[],
  context: RequestContext,
  send: SendAnswer,
): void => {
  const began = performance.now()
  context.requestId = requestIdFor(context.header(REQUEST_ID))
  const end = (answer: Answer): void => {
    context.endTurn?.()
    send(answer)
    try {
      observe(world, context, answer.status, performance.now() - began)
      context.afterAnswer?.(context)
    } catch (error) {
      world.log.error({ err: error, request_id: context.requestId }, 'unexpected')
    }
  }
  const fail = (error: unknown): void => {
    world.log.error({ err: error, request_id: context.requestId }, 'unexpected')
    end(refuse(context, 'INTERNAL'))
  }
  // One closure for all waits of a request, not one for each.
  let next = 0
  const goOn = (answer: Verdict): void => {
    if (answer !== undefined) return end(answer)
    let verdict: Verdict | Promise<Verdict>
    while (next < steps.length) {
      try {
        verdict = steps[next++]!.run(context)
      } catch (error) {
        return fail(error)
      }
      if (verdict instanceof Promise) {
        verdict.then(goOn, fail)
        return undefined
      }
      if (verdict !== undefined) return end(verdict)
    }
    return fail(new Error('no step answered'))
  }
  goOn(undefined)
}
