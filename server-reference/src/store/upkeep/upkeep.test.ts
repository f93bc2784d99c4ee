import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Database } from '../database.js'
import { startUpkeep } from './upkeep.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const MINUTE_MS = 60_000

/** A database whose statements fail if they contain one of these texts. */
const failingAt = (...texts: string[]) => {
  const broken = new Set(texts)
  /** The result of a claim: nothing, or a row of another process. */
  const state = { claimedByOther: false, isDoneByOther: false }
  const query = async (_: unknown, sql: string): Promise<unknown[]> => {
    for (const text of broken) if (sql.includes(text)) throw new Error('permission denied')
    if (sql.includes('insert into private.upkeep'))
      return state.claimedByOther ? [] : [{ name: 'x' }]
    if (sql.includes('as is_done')) return [{ is_done: state.isDoneByOther }]
    return [{ created: 0, found: false, pages: 0 }]
  }
  return { broken, state, database: { query } as unknown as Database }
}
const open = (database: Database, matchAllWaiting = async () => {}) =>
  startUpkeep(
    database,
    { info: () => {}, warn: () => {} },
    { retentionDays: null, matchAllWaiting },
  )

it('a task that fails for ten minutes is named, until it succeeds', async () => {
  const { database, broken } = failingAt('create_months')
  const upkeep = open(database)
  await vi.advanceTimersByTimeAsync(9 * MINUTE_MS)
  expect(upkeep.failures()).toBe(10)
  expect(upkeep.failing()).toEqual([])
  await vi.advanceTimersByTimeAsync(MINUTE_MS)
  expect(upkeep.failing()).toEqual(['months'])
  broken.clear()
  await vi.advanceTimersByTimeAsync(MINUTE_MS)
  expect(upkeep.failing()).toEqual([])
  expect(upkeep.failures()).toBe(11)
  await upkeep.close()
})

it('a task that another process has done is not failing; one that another may be at says nothing', async () => {
  const { database, broken, state } = failingAt('create_months')
  const upkeep = open(database)
  await vi.advanceTimersByTimeAsync(MINUTE_MS)
  broken.clear()
  state.claimedByOther = true
  await vi.advanceTimersByTimeAsync(10 * MINUTE_MS)
  expect(upkeep.failing()).toEqual(['months'])
  state.isDoneByOther = true
  await vi.advanceTimersByTimeAsync(MINUTE_MS)
  expect(upkeep.failing()).toEqual([])
  await upkeep.close()
})

it('calls that waited when the process started are looked at again if that failed', async () => {
  let tries = 0
  const upkeep = open(failingAt().database, async () => {
    if (++tries < 3) throw new Error('timeout')
  })
  await vi.advanceTimersByTimeAsync(5 * MINUTE_MS)
  expect(tries).toBe(3)
  expect(upkeep.failing()).toEqual([])
  await upkeep.close()
})
