import { CONTRACT_VERSION, type HealthWarning } from '@opsmantik/tracker/contract'
import type { Step } from '../env.js'
import { replyJson } from '../http/reply.js'
import { VERSION } from '../version.js'
import type { World } from '../world.js'

/** Milliseconds after which the database counts as gone (contract section 11). */
const DATABASE_TIMEOUT = 2_000

const DEGRADED: HealthWarning = {
  code: 'LIMITER_DEGRADED',
  message: 'Redis does not answer: each process counts limits in its own memory, and allows less',
}

/** `GET /api/health`. Never a secret, an origin list or an address. */
export const health =
  (world: World): Step =>
  async (c) => {
    const db_ok = await answersInTime(world.store.ping())
    const limiter = world.limiter.mode()
    const warnings = [
      ...world.warnings,
      ...world.origins.warnings(),
      ...(limiter === 'degraded' ? [DEGRADED] : []),
    ]
    return replyJson(
      c,
      db_ok ? 200 : 503,
      {
        ok: db_ok,
        ts: Math.floor(world.now() / 1000),
        version: VERSION,
        contract: CONTRACT_VERSION,
        db_ok,
        limiter,
        // So that tools that write can ask first. Development says nothing: the contract does not know the field.
        ...(world.console ? {} : { environment: 'production' }),
        ...(world.signingDisabled ? { signing_disabled: true } : {}),
        warnings,
        request_id: c.get('requestId'),
      },
      { 'Cache-Control': 'no-store' },
    )
  }

const answersInTime = (ping: Promise<void>): Promise<boolean> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), DATABASE_TIMEOUT)
  })
  const answered = ping.then(
    () => true,
    () => false,
  )
  return Promise.race([answered, late]).finally(() => clearTimeout(timer))
}
