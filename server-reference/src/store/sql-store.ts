import { SITE_ID } from '@opsmantik/tracker/contract'
import { createBatcher, createLine } from './batcher.js'
import { isRowFault, type Database } from './database.js'
import { insertCalls } from './insert-calls.js'
import { insertSync } from './insert-sync.js'
import { NotStorable } from './not-storable.js'
import { resolveSites } from './resolve-sites.js'
import type { NewCall, NewSync, SignatureClaim, Store } from './store.js'
import { verifySignatures } from './verify-signatures.js'

/** The store on a Postgres, embedded or not. Concurrent requests share statements. */
export const createSqlStore = (
  database: Database,
  onBatch: (statement: string, size: number) => void = () => {},
): Store => {
  const line = createLine()
  const verify = createBatcher<SignatureClaim, string | null>(
    (claims) => verifySignatures(database, claims),
    isRowFault,
    (size) => onBatch('verify', size),
    line,
  )
  const resolve = createBatcher<string, string | null>(
    (identifiers) => resolveSites(database, identifiers),
    isRowFault,
    (size) => onBatch('resolve', size),
    line,
  )
  const recordCall = createBatcher(
    (calls: readonly NewCall[]) => insertCalls(database, calls),
    isRowFault,
    (size) => onBatch('insert_calls', size),
    line,
  )
  // A request's events stay together: they are one item, so the fallback repeats them as one statement.
  const recordSync = createBatcher<readonly NewSync[], undefined>(
    async (requests) => {
      await insertSync(database, requests.flat())
      return requests.map(() => undefined)
    },
    isRowFault,
    (size) => onBatch('insert_sync', size),
    line,
  )

  const storable = async <T>(result: Promise<T>): Promise<T> => {
    try {
      return await result
    } catch (error) {
      throw isRowFault(error) ? new NotStorable(error) : error
    }
  }
  return {
    verify,
    resolve: async (identifier) => (SITE_ID.test(identifier) ? resolve(identifier) : null),
    recordCall: (call) => storable(recordCall(call)),
    recordSync: (events) => storable(recordSync(events)),
    ping: async () => {
      await database.query('anon', 'select 1')
    },
    close: () => database.close(),
  }
}
