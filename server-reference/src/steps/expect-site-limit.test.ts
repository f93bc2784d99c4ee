import { CALL_EVENT_V1 } from '@opsmantik/tracker/contract'
import { expect, it } from 'vitest'
import { createApp } from '../app.js'
import type { Count } from '../limits/limiter.js'
import { createMemoryLimiter } from '../limits/memory-limiter.js'
import { call, event } from '../testing/call.js'
import { ORIGIN, OTHER_SITE, SITE, signed } from '../testing/sign.js'
import { createWorld, limits } from '../testing/world.js'

/** A limiter that tells in which order it was asked, and when the verifier was. */
const watched = (changed: Parameters<typeof createWorld>[0] = {}) => {
  const asked: [string, readonly Count[]][] = []
  const limiter = createMemoryLimiter(limits())
  const world = createWorld({
    limiter: {
      ...limiter,
      take: (counts) => {
        asked.push(['take', counts])
        return limiter.take(counts)
      },
      expect: (counts) => void asked.push(['expect', counts]),
    },
    ...changed,
  })
  const { verify } = world.store
  world.store.verify = (claim) => {
    asked.push(['verify', []])
    return verify(claim)
  }
  return { asked, app: createApp(world) }
}
const inShort = (asked: readonly [string, readonly Count[]][]): string[] =>
  asked.map(([what, counts]) => [what, ...counts.map(({ kind }) => kind)].join(' '))

it.each([
  ['V2', {}, ['address'], 'v2'],
  ['V1', { path: CALL_EVENT_V1, headers: { Origin: ORIGIN } }, ['address coarse'], 'v1'],
])(
  '%s: a site that has signed before is expected while the verifier works',
  async (_, sent, before, kind) => {
    const { asked, app } = watched()
    await call(app, sent)
    expect(inShort(asked)).toEqual([`take ${before}`, 'verify', `take ${kind} share site`])
    asked.length = 0
    await call(app, sent)
    expect(inShort(asked)).toEqual([
      `take ${before}`,
      `expect ${kind} share site`,
      'verify',
      `take ${kind} share site`,
    ])
    expect(asked[3]![1]).toEqual(asked[1]![1])
  },
)

it('a forged request counts nothing for the site that it names', async () => {
  const { asked, app } = watched()
  await call(app)
  asked.length = 0
  const refused = await call(app, { headers: { 'X-Ops-Signature': '0'.repeat(64) } })
  expect(refused.status).toBe(401)
  expect(inShort(asked)).toEqual(['take address', 'expect v2 share site', 'verify'])
})

it('what was expected for another site is not what is counted', async () => {
  const { asked, app } = watched()
  await call(app)
  const body = event({ site_id: OTHER_SITE.id })
  await call(app, { body, headers: signed(body, OTHER_SITE_KEY) })
  const owners = asked.flatMap(([, counts]) => counts.map(({ kind, owner }) => `${kind} ${owner}`))
  expect(owners.filter((text) => text.startsWith('v2'))).toEqual([
    `v2 ${SITE.id}`,
    `v2 ${OTHER_SITE.id}`,
  ])
})
const OTHER_SITE_KEY = { site: OTHER_SITE.id, secret: OTHER_SITE.secret }

it('with signing disabled nothing is expected: nobody’s word about a visitor is believed', async () => {
  const { asked, app } = watched({ signingDisabled: true })
  for (let n = 0; n < 2; n++) await call(app, { headers: { Origin: ORIGIN } })
  expect(inShort(asked).filter((text) => text.startsWith('expect'))).toEqual([])
})
