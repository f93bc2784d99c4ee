import { expect, it } from 'vitest'
import { createBatcher, createLine } from './batcher.js'

const tick = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1))

it('those that come in one turn of the loop go together, and so do those that come while they run', async () => {
  const batches: number[][] = []
  const double = createBatcher<number, number>(
    async (items) => {
      batches.push([...items])
      await tick()
      return items.map((item) => item * 2)
    },
    () => false,
  )
  const first = [1, 2].map(double)
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
  const second = [3, 4, 5].map(double)
  expect(await Promise.all([...first, ...second])).toEqual([2, 4, 6, 8, 10])
  expect(batches).toEqual([
    [1, 2],
    [3, 4, 5],
  ])
  expect(await double(6)).toBe(12)
})

it('a row that is refused fails alone: the others of its batch run by themselves', async () => {
  const run = async (items: readonly number[]): Promise<number[]> => {
    await tick()
    if (items.includes(3)) throw new Error('row 3')
    return [...items]
  }
  const results = await Promise.allSettled([1, 2, 3, 4].map(createBatcher(run, () => true)))
  expect(results.map(({ status }) => status)).toEqual([
    'fulfilled',
    'fulfilled',
    'rejected',
    'fulfilled',
  ])
})

it('a database that is gone fails the whole batch at once, and the next one is tried again', async () => {
  let runs = 0
  const batch = createBatcher<number, number>(
    async (items) => {
      await tick()
      if (++runs === 1) throw new Error('gone')
      return [...items]
    },
    () => false,
  )
  const results = await Promise.allSettled([1, 2, 3].map(batch))
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
  expect(runs).toBe(1)
  expect(await batch(4)).toBe(4)
})

it('no batch is larger than 128', async () => {
  const sizes: number[] = []
  const run = createBatcher<number, number>(
    async (items) => {
      sizes.push(items.length)
      await tick()
      return [...items]
    },
    () => false,
  )
  await Promise.all(Array.from({ length: 300 }, (_, index) => run(index)))
  expect(sizes).toEqual([128, 128, 44])
})

it('batchers in one line run one at a time, and what waits meanwhile goes together', async () => {
  const line = createLine()
  const said: string[] = []
  let running = 0
  const open = (name: string) =>
    createBatcher<number, number>(
      async (items) => {
        said.push(`${name} ${items.join()}`)
        expect(++running).toBe(1)
        await tick()
        running--
        if (items.includes(9)) throw new Error('nine')
        return items
      },
      () => false,
      () => {},
      line,
    )
  const [verify, insert] = [open('verify'), open('insert')]
  const both = (item: number) => verify(item).then(insert)
  await expect(verify(9)).rejects.toThrow('nine')
  const first = [1, 2, 3].map(both)
  await tick()
  await Promise.all([...first, ...[4, 5].map(both)])
  expect(said[0]).toBe('verify 9')
  expect(said).toContain('verify 1,2,3')
  expect(said.filter((one) => one.startsWith('insert')).length).toBeLessThanOrEqual(2)
})
