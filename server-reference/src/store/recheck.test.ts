import { expect, it } from 'vitest'
import { createRecheck } from './recheck.js'

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
const until = async (isDone: () => boolean): Promise<void> => {
  while (!isDone()) await pause(2)
}

it('items of one collection are handed over together, equal ones once', async () => {
  const runs: string[][] = []
  const recheck = createRecheck<string>(
    async (items) => void runs.push([...items]),
    (item) => item.toLowerCase(),
    { delayMs: 5, collectMs: 5 },
  )
  for (const item of ['a', 'b', 'A', 'b']) recheck.later(item)
  await until(() => runs.length > 0)
  expect(runs).toEqual([['A', 'b']])

  recheck.later('c')
  await until(() => runs.length > 1)
  expect(runs[1]).toEqual(['c'])
  recheck.close()
})

it('a run waits for the one before it, also if that fails', async () => {
  const running: string[] = []
  let most = 0
  const ended: string[] = []
  const recheck = createRecheck<string>(
    async ([item]) => {
      running.push(item!)
      most = Math.max(most, running.length)
      await pause(40)
      running.pop()
      ended.push(item!)
      throw new Error('down')
    },
    (item) => item,
    { delayMs: 1, collectMs: 1 },
  )
  for (const item of ['a', 'b', 'c']) {
    recheck.later(item)
    await pause(10)
  }
  await until(() => ended.length === 3)
  expect(most).toBe(1)
  expect(ended).toEqual(['a', 'b', 'c'])
  recheck.close()
})
