import type { Logger } from 'pino'
import type { Step } from '../env.js'
import type { Store } from '../store/store.js'
import { storeFailed } from './unavailable.js'

/** Step 11. The first statement as service_role. */
export const insert =
  (store: Pick<Store, 'recordCall'>, log: Logger, endpoint: string): Step =>
  async (c) => {
    try {
      const recorded = await store.recordCall({
        siteId: c.get('siteId'),
        endpoint,
        event: c.get('event'),
        replayKey: c.get('replayKey'),
        digest: c.get('digest'),
      })
      c.set('recorded', recorded)
    } catch (error) {
      return storeFailed(c, log, error)
    }
    return undefined
  }

/** The same for sync: the whole batch, or nothing of it. */
export const insertSync =
  (store: Pick<Store, 'recordSync'>, log: Logger): Step =>
  async (c) => {
    const siteIds = c.get('siteIds')
    try {
      await store.recordSync(
        c.get('syncEvents').map((event, index) => ({ siteId: siteIds[index]!, event })),
      )
    } catch (error) {
      return storeFailed(c, log, error)
    }
    return undefined
  }
