import { expect, it } from 'vitest'
import { withinPatience } from './within-patience.js'

const never = new Promise<string>(() => {})

it('a request that has waited before waits no longer than what is left', async () => {
  expect(await withinPatience({ patienceMs: 50 }, 45, never, () => 'memory')).toBe('memory')
  expect(await withinPatience({ patienceMs: 50 }, 500, never, () => 'memory')).toBe('memory')
})

it('what comes in time counts', async () => {
  const soon = Promise.resolve('store')
  expect(await withinPatience({ patienceMs: 50 }, 0, soon, () => 'memory')).toBe('store')
  expect(await withinPatience({ patienceMs: 5_000 }, 20, soon, () => 'memory')).toBe('store')
})
