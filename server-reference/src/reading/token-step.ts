import type { Access } from '../access/access.js'
import { refuse } from '../http/refuse.js'
import type { RequestContext } from '../http/request-context.js'
import { storeFailed } from '../steps/unavailable.js'
import type { Step } from '../steps/step.js'
import type { Log } from '../world.js'

/** Seconds after which wrong tokens of an address are forgotten. */
const RETRY_AFTER_SECONDS = 60

/** Opens what the bearer token opens, and answers 401 without one. Behind the limit per address. */
export const tokenStep = (access: Access, log: Log): Step => ({
  name: 'Token',
  section: '17',
  run: async (context) => {
    try {
      const opened = await access(bearerOf(context), context.address)
      if (opened === 'wrong') return refuse(context, 'READ_TOKEN_REQUIRED')
      if (opened === 'limited')
        return refuse(
          context,
          'RATE_LIMITED',
          { retry_after: RETRY_AFTER_SECONDS },
          { 'Retry-After': String(RETRY_AFTER_SECONDS) },
        )
      context.opened = opened
      return undefined
    } catch (error) {
      return storeFailed(context, log, error)
    }
  },
})

const bearerOf = (context: RequestContext): string =>
  /^Bearer +([\w.~+/=-]{1,512})$/i.exec(context.header('authorization') ?? '')?.[1] ?? ''
