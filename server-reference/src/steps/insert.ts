import type { Store } from '../store/store.js'
import type { Log, MarkOf } from '../world.js'
import type { Step } from './step.js'
import { storeFailed } from './unavailable.js'

/** Creates step 11, which runs the first statement as service_role. */
export const insert = (
  store: Pick<Store, 'recordCall'>,
  log: Log,
  endpoint: string,
  markOf: MarkOf | undefined,
): Step => ({
  name: 'Insert',
  section: '5.11',
  run: (context) =>
    store
      .recordCall({
        siteId: context.siteId!,
        endpoint,
        event: context.event!,
        replayKey: context.replayKey,
        digest: context.digest!,
        marked: markOf === undefined ? null : markOf(context),
      })
      .then(
        (recorded) => {
          context.recorded = recorded
          return undefined
        },
        (error: unknown) => storeFailed(context, log, error),
      ),
  note: ({ recorded }, isStopped) =>
    isStopped || recorded === undefined
      ? undefined
      : `${recorded.inserted ? 'recorded as' : 'was there already as'} ${recorded.callId}`,
})

/** Creates the same step for sync: it records the whole batch, or nothing of it. */
export const insertSync = (store: Pick<Store, 'recordSync'>, log: Log): Step => ({
  name: 'Insert',
  section: '5.11',
  run: (context) => {
    const siteIds = context.siteIds!
    return store
      .recordSync(context.syncEvents!.map((event, index) => ({ siteId: siteIds[index]!, event })))
      .then(
        () => undefined,
        (error: unknown) => storeFailed(context, log, error),
      )
  },
})
