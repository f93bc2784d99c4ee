import { expect, test } from 'vitest'
import { BROKEN, withSteps } from './broken-servers.js'
import { ids, runAgainst } from './reference.js'

test('there are at least 25 of them', () => {
  expect(new Set(BROKEN.map(({ name }) => name)).size).toBeGreaterThanOrEqual(25)
})

test.each(BROKEN.map((server) => [server.name, server] as const))('%s', async (_, server) => {
  const only = [server.found]
  expect(ids(await runAgainst(server.make(), { only }), 'failed')).toEqual(only)
})

/** The steps in the order of section 5, as `callEventSteps` has them. */
const STEPS = [
  'origin',
  'body',
  'contentType',
  'clientLimit',
  'signature',
  'callBody',
  'site',
  'siteLimit',
  'replay',
  'insert',
  'remember',
  'answer',
]
/** Not seen from outside, and why. */
const UNSEEN = new Map([
  ['remember', 'the database still knows the event; the cache only spares it a question'],
])

test.each(STEPS.map((name, at) => [name, at] as const))(
  'the reference server without its step “%s” is found',
  async (name, at) => {
    const failed = (
      await runAgainst(withSteps((steps) => steps.filter((_, i) => i !== at))())
    ).filter(({ verdict }) => verdict === 'failed')
    if (UNSEEN.has(name)) expect(failed).toEqual([])
    else expect(failed.length).toBeGreaterThan(0)
  },
)

/** Neighbours whose order makes no difference that can be seen from outside. */
const FREE = new Set(['replay/insert', 'siteLimit/replay', 'remember/answer', 'insert/remember'])

test.each(STEPS.slice(0, -1).map((name, at) => [`${name}/${STEPS[at + 1]}`, at] as const))(
  'the reference server with two steps swapped is found: %s',
  async (pair, at) => {
    const swapped = withSteps((steps) => {
      const [first, second] = steps.slice(at, at + 2)
      return steps.toSpliced(at, 2, second!, first!)
    })
    const failed = ids(await runAgainst(swapped()), 'failed')
    if (FREE.has(pair)) return
    expect(failed.length).toBeGreaterThan(0)
  },
)
