import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { fakeStorage } from '../../test/support/fake-storage.js'
import { UUID } from '../contract/identifiers.js'
import { clickIds, keep, newSession, uuid } from './identity.js'
import { createStore as open } from './storage.js'

const createStore = (ask: () => Storage) => open(ask, 'opsmantik:a:')
const fingerprint = (store: ReturnType<typeof open>) => keep(store, 'fp', uuid)

const visit = (search: string) => vi.stubGlobal('location', { search })
beforeEach(() => visit(''))
afterEach(() => vi.unstubAllGlobals())

test('an id is a version 4 UUID', () => {
  expect(uuid()).toMatch(UUID)
})

test('a hundred ids are a hundred version 4 UUIDs, without crypto.randomUUID, which http pages lack', () => {
  const { crypto } = globalThis
  vi.stubGlobal('crypto', { getRandomValues: crypto.getRandomValues.bind(crypto) })
  const ids = new Set(Array.from({ length: 100 }, uuid))
  expect(ids.size).toBe(100)
  for (const id of ids)
    expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
})

test('a session keeps its id, and the month it began in', () => {
  vi.useFakeTimers({ now: Date.UTC(2026, 0, 31, 23, 59) })
  const storage = fakeStorage()
  const begun = keep(
    createStore(() => storage),
    'sid',
    newSession,
  )
  expect(begun).toEqual([expect.stringMatching(UUID), '2026-01-01'])
  vi.setSystemTime(Date.UTC(2026, 1, 1))
  expect(
    keep(
      createStore(() => storage),
      'sid',
      newSession,
    ),
  ).toEqual(begun)
  vi.useRealTimers()
})

test('a visit without an ad click stores nothing', () => {
  const storage = fakeStorage()
  visit('?q=shoes')
  expect(clickIds(createStore(() => storage))).toEqual({})
  expect(Object.keys(storage)).toEqual([])
})

test('a visitor keeps the same fingerprint', () => {
  const storage = fakeStorage()
  const first = fingerprint(createStore(() => storage))
  expect(first).toMatch(UUID)
  expect(fingerprint(createStore(() => storage))).toBe(first)
})

test('without storage the fingerprint lasts as long as the page', () => {
  const store = createStore(() => {
    throw new Error('SecurityError')
  })
  expect(fingerprint(store)).toBe(fingerprint(store))
})

test('ad click ids are remembered for the session', () => {
  const store = createStore(() => storage)
  const storage = fakeStorage()
  visit('?utm_source=x&gclid=G%2F1&wbraid=W&email=a@b.c')
  expect(clickIds(store)).toEqual({ gclid: 'G/1', wbraid: 'W' })
  visit('?page=2')
  expect(clickIds(store)).toEqual({ gclid: 'G/1', wbraid: 'W' })
})

test('a session that came with no ad click has none', () => {
  const storage = fakeStorage()
  visit('?utm_source=x')
  expect(clickIds(createStore(() => storage))).toEqual({})
})

test('a newer ad click takes the place of an older one', () => {
  const storage = fakeStorage()
  const store = createStore(() => storage)
  visit('?gclid=old')
  clickIds(store)
  visit('?gbraid=new')
  expect(clickIds(store)).toEqual({ gbraid: 'new' })
})

test('a click id that does not fit the contract is left out, and so is a parameter that ends like one', () => {
  const storage = fakeStorage()
  visit('?gclid=' + 'x'.repeat(257) + '&notgclid=1&gbraid=ok')
  expect(clickIds(createStore(() => storage))).toEqual({ gbraid: 'ok' })
})
