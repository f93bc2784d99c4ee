import { expect, it } from 'vitest'
import { pastTransition } from './past-transition.js'
import { isRowFault, isTransition } from './sql-errors.js'

const fault = (code: string, fields: object = {}): Error =>
  Object.assign(new Error(code), { code, ...fields })

it.each([
  ['a row without a partition', fault('23514')],
  ['a table that has gone', fault('42P01')],
  ['a deadlock', fault('40P01')],
  ['a lock that was not to be had', fault('55P03')],
])('%s is a table in transition, and no fault of the row', (_, error) => {
  expect([isTransition(error), isRowFault(error)]).toEqual([true, false])
})

it.each([
  ['a constraint of the row', fault('23514', { constraint: 'calls_kind_is_of_event_id' })],
  ['a value that does not fit', fault('22003')],
  ['a text with a NUL', fault('22021')],
])('%s is a fault of the row', (_, error) => {
  expect([isTransition(error), isRowFault(error)]).toEqual([false, true])
})

it('a server that is older than its tables is neither: its clients keep their events', () => {
  const error = fault('55000')
  expect([isTransition(error), isRowFault(error)]).toEqual([false, false])
})

it('a statement that meets a table in transition is repeated, and its error is thrown in the end', async () => {
  const outcomes = [fault('23514'), fault('40P01'), 'done']
  const run = async (): Promise<unknown> => {
    const next = outcomes.shift()
    if (next instanceof Error) throw next
    return next
  }
  expect(await pastTransition(run)).toBe('done')
  outcomes.push(fault('42P01'), fault('42P01'), fault('42P01'), 'never')
  await expect(pastTransition(run)).rejects.toMatchObject({ code: '42P01' })
  expect(outcomes).toEqual(['never'])
})

it('any other error is not repeated', async () => {
  let runs = 0
  const run = async (): Promise<void> => {
    runs++
    throw fault('57014')
  }
  await expect(pastTransition(run)).rejects.toMatchObject({ code: '57014' })
  expect(runs).toBe(1)
})
