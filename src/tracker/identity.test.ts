import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { fakeStorage } from '../../test/support/fake-storage.js'
import { UUID } from '../contract/identifiers.js'
import { clickIds, keepId } from './identity.js'
import { createStore as open } from './storage.js'

const createStore = (ask: () => Storage) => open(ask, 'opsmantik:a:')
const fingerprint = (store: ReturnType<typeof open>) => keepId(store, 'fp')

const omit = vi.fn((_name: string, _given: unknown) => undefined)
const visit = (search: string) => vi.stubGlobal('location', { search })
beforeEach(() => visit(''))
afterEach(() => vi.unstubAllGlobals())

test('a visit without an ad click stores nothing', () => {
  const storage = fakeStorage()
  visit('?q=shoes')
  expect(
    clickIds(
      createStore(() => storage),
      omit,
    ),
  ).toBeUndefined()
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
  expect(clickIds(store, omit)).toEqual({ gclid: 'G/1', wbraid: 'W' })
  visit('?page=2')
  expect(clickIds(store, omit)).toEqual({ gclid: 'G/1', wbraid: 'W' })
})

test('a session that came with no ad click has none', () => {
  const storage = fakeStorage()
  visit('?utm_source=x')
  expect(
    clickIds(
      createStore(() => storage),
      omit,
    ),
  ).toBeUndefined()
})

test('a newer ad click takes the place of an older one', () => {
  const storage = fakeStorage()
  const store = createStore(() => storage)
  visit('?gclid=old')
  clickIds(store, omit)
  visit('?gbraid=new')
  expect(clickIds(store, omit)).toEqual({ gbraid: 'new' })
})

test('a click id that does not fit the contract is left out, and so is a parameter that ends like one', () => {
  const storage = fakeStorage()
  visit('?gclid=' + 'x'.repeat(257) + '&notgclid=1&gbraid=ok')
  expect(
    clickIds(
      createStore(() => storage),
      omit,
    ),
  ).toEqual({ gbraid: 'ok' })
})

test.each(['', '{}', '"x"', 'x'.repeat(100_000), '[object Object]', 'undefined', '0'])(
  'a fingerprint that is none of ours is replaced: %.20s',
  (junk) => {
    const storage = fakeStorage()
    storage.setItem('opsmantik:a:fp', junk)
    const made = fingerprint(createStore(() => storage))
    expect(made).toMatch(UUID)
    expect(fingerprint(createStore(() => storage))).toBe(made)
  },
)

test.each(['%00', '%ED%A0%80%00', ''])(
  'an ad click id that cannot be stored is left out: %s',
  (raw) => {
    const storage = fakeStorage()
    visit('?gclid=a' + (raw || 'x'.repeat(300)))
    expect(
      clickIds(
        createStore(() => storage),
        omit,
      ),
    ).toBeUndefined()
    expect(omit).toHaveBeenLastCalledWith(
      'gclid',
      new URLSearchParams(location.search).get('gclid'),
    )
  },
)

test('what foreign code left in the place of the ad click ids is not believed', () => {
  const storage = fakeStorage()
  storage.setItem('opsmantik:a:ad', '{"site_id":"evil","wbraid":"w"}')
  expect(
    clickIds(
      createStore(() => storage),
      omit,
    ),
  ).toBeUndefined()
})
