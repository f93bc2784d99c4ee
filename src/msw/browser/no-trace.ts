import type { Ctx, Step } from '../../../server-reference/src/env.js'
import type { World } from '../../../server-reference/src/world.js'

/** In place of what the live console shows of a request, which rests on Node's async_hooks. The kit has no console. */
export const traceRequest = (
  _world: World,
  _c: Ctx,
  steps: readonly Step[],
  handle: (steps: readonly Step[]) => Promise<Response>,
): Promise<Response> => handle(steps)
