import { CONTRACT_VERSION, type HealthWarning } from '@opsmantik/tracker/contract'
import { replyJson } from '../http/reply.js'
import type { Step } from '../steps/step.js'
import { VERSION } from '../version.js'
import type { World } from '../world.js'

/** Milliseconds after which the database counts as gone (contract section 11). */
const DATABASE_TIMEOUT_MS = 2_000

const DEGRADED: HealthWarning = {
  code: 'LIMITER_DEGRADED',
  message: 'Redis does not answer: each process counts limits in its own memory, and allows less',
}

/** Returns the current warnings; health and metrics report them. */
export const currentWarnings = (
  world: Pick<World, 'warnings' | 'passingWarnings' | 'origins' | 'limiter'>,
): HealthWarning[] => [
  ...world.warnings,
  ...world.origins.warnings(),
  ...(world.limiter.mode() === 'degraded' ? [DEGRADED] : []),
  ...(world.passingWarnings?.() ?? []),
]

/** Serves `GET /api/health`. It never contains a secret, an origin list or an address. */
export const health = (world: World): Step => ({
  name: 'Health',
  section: '11',
  run: async (context) => {
    const db_ok = await answersInTime(world.store.ping())
    const limiter = world.limiter.mode()
    return replyJson(
      context,
      db_ok ? 200 : 503,
      {
        ok: db_ok,
        ts: Math.floor(world.now() / 1000),
        version: VERSION,
        contract: CONTRACT_VERSION,
        db_ok,
        limiter,
        feed: world.feedMode?.() ?? 'local',
        // So that tools that write can ask first. Development says nothing: the contract does not know the field.
        ...(world.console ? {} : { environment: 'production' }),
        ...(world.signingDisabled ? { signing_disabled: true } : {}),
        warnings: currentWarnings(world),
        request_id: context.requestId,
      },
      { 'Cache-Control': 'no-store' },
    )
  },
})

const answersInTime = (ping: Promise<void>): Promise<boolean> => {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), DATABASE_TIMEOUT_MS)
  })
  const answered = ping.then(
    () => true,
    () => false,
  )
  return Promise.race([answered, late]).finally(() => clearTimeout(timer))
}
