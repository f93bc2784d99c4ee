import { expect, test } from 'vitest'
import { createMemoryStore } from '../../server-reference/src/index.js'
import { OTHER_SITE, SITE } from '../../server-reference/src/testing/sign.js'
import { LEGAL } from './exam/legal.js'
import { appOf, runAgainst } from './reference.js'
import { NEXT_SECRET } from './support/python.js'

const app = () =>
  appOf({
    store: createMemoryStore([
      { ...SITE, secrets: [SITE.secret, NEXT_SECRET] },
      { ...OTHER_SITE, secrets: [OTHER_SITE.secret] },
    ]),
  })

test('there are at least 40 of them', () => {
  expect(new Set(LEGAL.map(({ name }) => name)).size).toBeGreaterThanOrEqual(40)
})

test.each(LEGAL.map(({ name, make }) => [name, make] as const))(
  'a server with another way of its own conforms: %s',
  async (name, make) => {
    const around = make()
    const server = app()
    const isOfLimits = /limit|429|Retry/i.test(name)
    const results = await runAgainst(
      (request) => around(request, server),
      // The limits' checks take the longest.
      isOfLimits ? {} : { skip: ['limit'] },
      { nextSecret: NEXT_SECRET, otherSiteId: OTHER_SITE.publicId },
    )
    const rejected = results.filter(
      ({ verdict, level }) => (verdict === 'failed' && level === 'MUST') || verdict === 'broken',
    )
    expect(rejected.map(({ id, reason }) => `${id}: ${reason}`)).toEqual([])
  },
)
