import { expect, it } from 'vitest'
import { createTurns } from './turns.js'

it('equal keys go one after the other in the order they came, different keys at once', async () => {
  const takeTurn = createTurns()
  const log: string[] = []
  const visit = async (key: string, name: string): Promise<void> => {
    const done = await takeTurn(key)
    log.push(`${name} in`)
    await new Promise((resolve) => setTimeout(resolve, 5))
    log.push(`${name} out`)
    done()
  }
  await Promise.all([visit('a', 'a1'), visit('a', 'a2'), visit('b', 'b1'), visit('a', 'a3')])
  expect(log.filter((entry) => entry.startsWith('a'))).toEqual([
    'a1 in',
    'a1 out',
    'a2 in',
    'a2 out',
    'a3 in',
    'a3 out',
  ])
  expect(log.indexOf('b1 in')).toBeLessThan(log.indexOf('a1 out'))
})
