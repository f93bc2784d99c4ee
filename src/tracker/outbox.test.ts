import { expect, test } from 'vitest'
import { fakeStorage } from '../../test/support/fake-storage.js'
import { entries, type Entry } from './outbox.js'
import { createStore } from './storage.js'

const entry = (id: string): Entry => ({ id, body: '{}', at: 1, tries: 0, next: 0 })
const open = (storage: Storage, site = 'a') => {
  const store = createStore(() => storage, `opsmantik:${site}:`)
  return {
    list: () => entries(store),
    get: (id: string) => store.load<Entry>(id),
    put: (event: Entry) => store.save(event.id, event),
    remove: store.drop,
  }
}

test('what one tab adds, another sees and removes by id', () => {
  const storage = fakeStorage()
  const [one, two] = [open(storage), open(storage)]
  one.put(entry('1'))
  two.put(entry('2'))
  one.put(entry('3'))
  two.remove('1')
  expect(
    one
      .list()
      .map(({ id }) => id)
      .sort(),
  ).toEqual(['2', '3'])
  expect(two.get('3')).toEqual(entry('3'))
})

test('two sites on one domain keep their events apart', () => {
  const storage = fakeStorage()
  open(storage, 'a').put(entry('1'))
  expect(open(storage, 'b').list()).toEqual([])
})

test('what somebody else wrote under our name is passed over', () => {
  const storage = fakeStorage()
  storage.setItem('opsmantik:a:x', 'not json')
  storage.setItem('opsmantik:a:y', 'null')
  storage.setItem('opsmantik:a:z', '{"id":"z"}')
  storage.setItem('other', '{}')
  expect(open(storage).list()).toEqual([])
})

test.each(['blocked', 'full'])('storage that is %s: the page keeps the event in memory', (how) => {
  const storage = fakeStorage()
  if (how === 'full') storage.full = true
  else storage.broken = new DOMException('no', 'SecurityError')
  const outbox = open(storage)
  outbox.put(entry('1'))
  expect(outbox.get('1')).toEqual(entry('1'))
  expect(outbox.list()).toEqual([entry('1')])
  outbox.remove('1')
  expect(outbox.list()).toEqual([])
})

test('an event that was in memory moves to storage when there is room again', () => {
  const storage = fakeStorage()
  const outbox = open(storage)
  storage.full = true
  outbox.put(entry('1'))
  storage.full = false
  outbox.put({ ...entry('1'), tries: 1 })
  expect(open(storage).get('1')).toMatchObject({ tries: 1 })
})

test('a change that storage refuses is not lost to the older copy', () => {
  const storage = fakeStorage()
  const outbox = open(storage)
  outbox.put(entry('1'))
  storage.full = true
  outbox.put({ ...entry('1'), tries: 7 })
  expect(outbox.get('1')).toMatchObject({ tries: 7 })
})
