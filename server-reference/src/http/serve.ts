import type { Ctx, Step } from '../env.js'
import { traceRequest } from '../live/trace.js'
import { observe } from '../observe/observe.js'
import type { World } from '../world.js'
import { refuse } from './refuse.js'
import { requestIdFor } from './request-id.js'
import { REQUEST_ID_HEADER } from '@opsmantik/tracker/contract'

/** Runs the steps in their order until one answers. In development the console is told how it went. */
export const serve = (world: World, steps: readonly Step[]): ((c: Ctx) => Promise<Response>) =>
  world.console
    ? (c) => traceRequest(world, c, steps, (watched) => handle(world, watched, c))
    : (c) => handle(world, steps, c)

const handle = async (world: World, steps: readonly Step[], c: Ctx): Promise<Response> => {
  const began = performance.now()
  c.set('requestId', requestIdFor(c.req.header(REQUEST_ID_HEADER)))
  const response = await firstAnswer(world, steps, c)
  observe(world, c, response.status, performance.now() - began)
  return response
}

const firstAnswer = async (world: World, steps: readonly Step[], c: Ctx): Promise<Response> => {
  try {
    for (const step of steps) {
      const verdict = step(c)
      const answer = verdict instanceof Promise ? await verdict : verdict
      if (answer !== undefined) return answer
    }
    throw new Error('no step answered')
  } catch (error) {
    world.log.error({ err: error, request_id: c.get('requestId') }, 'unexpected')
    return refuse(c, 'INTERNAL')
  } finally {
    c.get('endTurn')?.()
  }
}
