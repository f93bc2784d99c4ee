import { must, NotSeen, section, type Check } from '../check.js'
import type { Exchange } from '../../probe/exchange.js'
import { expectStatus } from '../expect.js'
import { FOREIGN } from '../server/server.js'
import { forwardedOnce, shown } from './forwarded.js'
import type { ProxyTarget } from './proxy.js'

const preflight = (proxy: ProxyTarget, origin: string): Promise<Exchange> =>
  proxy.ask(proxy.options.url, {
    method: 'OPTIONS',
    headers: {
      Origin: origin,
      'Access-Control-Request-Method': 'POST',
      'Access-Control-Request-Headers': 'content-type',
    },
  })

const listOf = ({ headers }: Exchange, name: string): string[] =>
  (headers.get(name) ?? '').split(',').map((value) => value.trim().toLowerCase())

/** A page on the origin can read the response, and no shared cache hands it to another origin's. */
const expectReadable = (answer: Exchange, origin: string): void => {
  const allowed = answer.headers.get('access-control-allow-origin')
  must(
    allowed === origin,
    `${answer.status}: Access-Control-Allow-Origin is ${allowed ?? 'missing'}, expected ${origin}`,
    answer,
  )
  must(listOf(answer, 'vary').includes('origin'), `${answer.status}: Vary lacks Origin`, answer)
  must(
    !answer.headers.has('access-control-allow-credentials'),
    `${answer.status}: Access-Control-Allow-Credentials is there`,
    answer,
  )
}

export const originChecks: readonly Check<ProxyTarget>[] = section<ProxyTarget>(14, [
  {
    id: 'proxy.foreign-preflight',
    level: 'SHOULD',
    title: 'A foreign origin’s preflight is refused without CORS headers',
    cause: 'A framework’s CORS middleware, or WordPress itself, answers every preflight.',
    async run(proxy) {
      const answer = await preflight(proxy, FOREIGN)
      must(answer.status >= 400, `expected 403, got ${shown(answer)}`, answer)
      const cors = [...answer.headers.keys()].filter((name) => name.startsWith('access-control-'))
      must(cors.length === 0, `the response carries ${cors.join(', ')}`, answer)
    },
  },
  {
    id: 'proxy.further-origin',
    title: 'A further origin gets its preflight, and can read every response',
    cause:
      'The event is recorded, but without Access-Control-Allow-Origin the browser cannot read that: it is sent again for a week.',
    async run(proxy) {
      const further = proxy.options.furtherOrigin
      if (!further)
        throw new NotSeen(
          'needs --further-origin, a second origin that the proxy is configured to allow',
        )
      const asked = await preflight(proxy, further)
      expectStatus(asked, 204, 'a preflight')
      expectReadable(asked, further)
      for (const [name, wanted] of [
        ['methods', ['POST']],
        ['headers', ['content-type', 'x-ops-site-id', 'x-ops-ts', 'x-ops-signature']],
      ] as const) {
        const allowed = listOf(asked, `access-control-allow-${name}`)
        for (const value of wanted)
          must(
            allowed.includes(value.toLowerCase()),
            `Access-Control-Allow-${name} lacks ${value}`,
            asked,
          )
      }
      const [id, body] = proxy.event()
      const recorded = await proxy.post(body, { Origin: further })
      expectStatus(recorded, 200, 'an event')
      forwardedOnce(proxy, id, recorded)
      const [failing, event] = proxy.event()
      proxy.console.answer(failing, { status: 503, body: '{"code":"STORE_UNAVAILABLE"}' })
      const failed = await proxy.post(event, { Origin: further })
      expectStatus(failed, 503, 'an event that the console refused')
      const refused = await proxy.post('nonsense', { Origin: further })
      for (const answer of [recorded, failed, refused]) {
        expectReadable(answer, further)
        for (const name of ['retry-after', 'ratelimit', 'ratelimit-policy', 'x-request-id'])
          must(
            listOf(answer, 'access-control-expose-headers').includes(name),
            `Access-Control-Expose-Headers lacks ${name}`,
            answer,
          )
      }
    },
  },
])
