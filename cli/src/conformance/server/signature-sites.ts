import { must, NotSeen, section, type Check } from '../check.js'
import type { Exchange } from '../../probe/exchange.js'
import type { Server } from './server.js'
import { expectRefusedBy, expectTakenBy, expectUnsigned, signedWays } from './ways.js'

const NOBODY = '00000000-0000-4000-8000-00000000dead'
const WRONG = 'not-the-secret-of-this-site'

/** Names of the headers that come with the response, and not with time and place. */
const headerNames = (x: Exchange): string =>
  [...x.headers.keys()]
    .filter((name) => !['date', 'content-length', 'connection', 'keep-alive'].includes(name))
    .join()

const otherSiteOf = ({ options }: Server): string => {
  if (!options.otherSiteId) throw new NotSeen('needs --other-site-id, a second site')
  return options.otherSiteId
}

/** What two responses of one kind have in common: numbers and ids change with each request. */
const isAlike = (a: string, b: string): boolean => masked(a) === masked(b)
const masked = (text: string): string => text.replace(/[\da-f-]{8,}|\d+/gi, '#')

/**
 * Returns what tells one kind of response from another: a header, or the body, that is the same in both responses of each
 * kind and not in those of the other. Undefined if nothing does.
 */
const disclosed = (
  [a, alsoA]: readonly [Exchange, Exchange],
  [b, alsoB]: readonly [Exchange, Exchange],
): [string, string] | undefined => {
  const parts = ({ headers, text }: Exchange): Map<string, string> =>
    new Map([...headers].map(([name, value]) => [name, `${name}: ${value}`])).set('', text)
  for (const [name, value] of parts(a)) {
    const other = parts(b).get(name) ?? ''
    const isSteady =
      isAlike(value, parts(alsoA).get(name) ?? '') && isAlike(other, parts(alsoB).get(name) ?? '')
    if (isSteady && !isAlike(value, other)) return [value.slice(0, 200), other.slice(0, 200)]
  }
  return undefined
}

/** Section 3: whose secret it is. */
export const signatureSites: Check<Server>[] = section(3, [
  {
    id: 'signature.unknown-site',
    title: 'An unknown site and a wrong signature cannot be told apart',
    cause: 'Two codes, two sentences or two sets of headers: anybody can list the sites.',
    async run(server) {
      for (const way of signedWays(server)) {
        const wrong = await way.sendEvent(way.event(), { secret: WRONG })
        const unknown = await way.sendEvent(way.event(), { site: NOBODY, secret: WRONG })
        expectUnsigned(way, wrong, 'SIGNATURE_INVALID', 'a wrong signature')
        expectUnsigned(way, unknown, 'SIGNATURE_INVALID', 'an unknown site')
        const shape = ({ status, json }: Exchange): string =>
          JSON.stringify({ status, ...json, request_id: 0, server_ts: 0 })
        must(
          shape(wrong) === shape(unknown),
          `${way.name}: the bodies differ: ${shape(wrong)} and ${shape(unknown)}`,
          wrong,
          unknown,
        )
        must(
          headerNames(wrong) === headerNames(unknown),
          `${way.name}: the headers differ: ${headerNames(wrong)} and ${headerNames(unknown)}`,
          wrong,
          unknown,
        )
        const told = disclosed(
          [wrong, await way.sendEvent(way.event(), { secret: WRONG })],
          [unknown, await way.sendEvent(way.event(), { site: NOBODY, secret: WRONG })],
        )
        must(
          !told,
          `${way.name}: the headers differ: ${told?.join(' for a wrong signature, and for an unknown site ')}`,
          wrong,
          unknown,
        )
      }
    },
  },
  {
    id: 'signature.header-site',
    title: 'The secret is that of the site in the header, not of the one in the body',
    cause: 'The site is read from the body before it was verified, or any site’s secret will do.',
    async run(server) {
      for (const way of signedWays(server)) {
        expectUnsigned(
          way,
          await way.sendEvent(way.event(), { site: NOBODY }),
          'SIGNATURE_INVALID',
          'an unknown site in the header, signed with the secret of the body’s site',
        )
        const { otherSiteId } = server.options
        if (otherSiteId)
          expectUnsigned(
            way,
            await way.sendEvent(way.event(), { site: otherSiteId }),
            'SIGNATURE_INVALID',
            'another site in the header, signed with the secret of the body’s site',
          )
      }
    },
  },
  {
    id: 'signature.site-mismatch',
    title: 'A header and a body that name two sites are 401 SITE_MISMATCH',
    cause: 'Only one of them is looked at: a site’s secret writes for every other site.',
    async run(server) {
      const other = otherSiteOf(server)
      for (const way of signedWays(server))
        expectRefusedBy(
          way,
          await way.sendEvent(way.event({ [way.siteField]: other })),
          401,
          'SITE_MISMATCH',
          'a body that names another site than the header',
        )
    },
  },
  {
    id: 'signature.other-site',
    title: 'Each site has its own secret: it writes for that site, and for no other',
    cause: 'One secret for all sites, or the secret of any site is good for every site.',
    async run(server) {
      const other = otherSiteOf(server)
      const { otherSecret } = server.options
      if (!otherSecret) throw new NotSeen('needs --other-secret-env, the second site’s secret')
      for (const way of signedWays(server)) {
        const own = { site: other, secret: otherSecret }
        expectTakenBy(
          way,
          await way.sendEvent(way.event({ [way.siteField]: other }), own),
          'the second site’s event under its own secret',
        )
        expectRefusedBy(
          way,
          await way.sendEvent(way.event(), own),
          401,
          'SITE_MISMATCH',
          'an event of the first site under the second site’s header and secret',
        )
        expectUnsigned(
          way,
          await way.sendEvent(way.event(), { secret: otherSecret }),
          'SIGNATURE_INVALID',
          'the first site’s event under the second site’s secret',
        )
        expectUnsigned(
          way,
          await way.sendEvent(way.event({ [way.siteField]: other }), { site: other }),
          'SIGNATURE_INVALID',
          'the second site’s event under the first site’s secret',
        )
      }
    },
  },
  {
    id: 'signature.next-secret',
    isSituational: true,
    title:
      'A signature under either secret is good during a rotation, and nobody sees which matched',
    cause: 'Only the current secret is tried, or the response says which one it was.',
    async run(server) {
      const { nextSecret } = server.options
      if (!nextSecret) throw new NotSeen('needs --next-secret-env, the site’s next secret')
      for (const way of signedWays(server)) {
        const current = await way.sendEvent(way.event())
        const next = await way.sendEvent(way.event(), { secret: nextSecret })
        expectTakenBy(way, current, 'the current secret')
        expectTakenBy(way, next, 'the next secret')
        const told = disclosed(
          [current, await way.sendEvent(way.event())],
          [next, await way.sendEvent(way.event(), { secret: nextSecret })],
        )
        must(
          !told,
          `${way.name}: the response says which secret matched: ${told?.join(' with the current one, and with the next ')}`,
          current,
          next,
        )
        const shape = (x: Exchange): string => headerNames(x) + Object.keys(x.json).sort().join()
        must(
          shape(current) === shape(next),
          `${way.name}: the responses differ in headers or fields: ${shape(current)} and ${shape(next)}`,
          current,
          next,
        )
      }
    },
  },
])
