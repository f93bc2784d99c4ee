import { must, NotSeen, section, type Check } from '../check.js'
import { expectRefusal, expectStatus } from '../expect.js'
import { FOREIGN } from '../server/server.js'
import { expectUnsent, forward, forwardedOnce, shown } from './forwarded.js'
import type { ProxyTarget } from './proxy.js'

const OTHER_SITE = '00000000-0000-4000-8000-00000000dead'

/** Checks the requests that a proxy refuses by itself. */
export const refusalChecks: readonly Check<ProxyTarget>[] = section<ProxyTarget>(14, [
  {
    id: 'proxy.foreign-origin',
    title: 'A foreign Origin is 403, and nothing is forwarded',
    cause: 'Everybody’s page can use the proxy to sign what it likes.',
    async run(proxy) {
      const { protocol, host } = new URL(proxy.origin)
      for (const origin of [
        FOREIGN,
        'null',
        `${proxy.origin}.conformance.invalid`,
        `${protocol}//conformance-${host}`,
        `${protocol}//${host}@conformance.invalid`,
      ]) {
        const [id, body] = proxy.event()
        const answer = await proxy.post(body, { Origin: origin })
        must(answer.status === 403, `${origin}: expected 403, got ${shown(answer)}`, answer)
        expectUnsent(proxy, id, answer)
      }
    },
  },
  {
    id: 'proxy.foreign-origin-code',
    level: 'SHOULD',
    title: 'The refusal of a foreign Origin says ORIGIN_NOT_ALLOWED, and CORS allows it nothing',
    cause: 'The platform adds CORS headers of its own to every answer.',
    async run(proxy) {
      const [, body] = proxy.event()
      const answer = await proxy.post(body, { Origin: FOREIGN })
      expectRefusal(answer, 403, 'ORIGIN_NOT_ALLOWED', 'a foreign Origin')
      must(
        !answer.headers.has('access-control-allow-origin'),
        `Access-Control-Allow-Origin is ${answer.headers.get('access-control-allow-origin')}`,
        answer,
      )
    },
  },
  {
    id: 'proxy.size',
    title: '65,536 bytes pass, one more is 413 and is not forwarded',
    cause: 'The web server’s own limit, which answers in HTML; or none.',
    async run(proxy) {
      const [id, event] = proxy.event()
      const most = await proxy.post(event + ' '.repeat(65_536 - event.length))
      expectStatus(most, 200, '65,536 bytes')
      must(
        forwardedOnce(proxy, id, most).body.length === 65_536,
        'they were not forwarded whole',
        most,
      )
      const [other, body] = proxy.event()
      const answer = await proxy.post(body + ' '.repeat(65_537 - body.length))
      must(answer.status === 413, `65,537 bytes: expected 413, got ${shown(answer)}`, answer)
      expectUnsent(proxy, other, answer)
    },
  },
  {
    id: 'proxy.not-an-object',
    title: 'What is no JSON object is 400',
    cause: 'It is forwarded, and the console’s refusal costs a signature.',
    async run(proxy) {
      for (const body of ['', 'nonsense', '[]', 'null', '5', '"x"', '{"site_id":']) {
        const answer = await proxy.post(body)
        must(
          answer.status === 400,
          `${body || 'nothing'}: expected 400, got ${shown(answer)}`,
          answer,
        )
      }
    },
  },
  {
    id: 'proxy.site-missing',
    title: 'A missing site_id is 400',
    cause: 'The proxy fills in its own, and then forwards other bytes than it received.',
    async run(proxy) {
      for (const site_id of [undefined, null, 5, '']) {
        const [id, body] = proxy.event({ site_id })
        const answer = await proxy.post(body)
        must(
          answer.status === 400,
          `site_id ${JSON.stringify(site_id)}: expected 400, got ${shown(answer)}`,
          answer,
        )
        expectUnsent(proxy, id, answer)
      }
    },
  },
  {
    id: 'proxy.site-other',
    level: 'SHOULD',
    title: 'Another site than the proxy’s own is 400',
    cause: 'The proxy was not told its site, and signs for whatever the body names.',
    async run(proxy) {
      const [id, body] = proxy.event({ site_id: OTHER_SITE })
      const answer = await proxy.post(body)
      if (answer.status < 300 && proxy.console.received(id).length > 0)
        throw new NotSeen('this proxy is not bound to one site (it forwarded another’s event)')
      must(answer.status === 400, `expected 400, got ${shown(answer)}`, answer)
      expectUnsent(proxy, id, answer)
    },
  },
  {
    id: 'proxy.secret',
    title: 'The secret is in no answer and in nothing that is forwarded',
    cause: 'A debug field, or an exception’s text.',
    async run(proxy) {
      const { secret } = proxy
      const { answer, forwarded } = await forward(proxy)
      const refused = await proxy.post('nonsense')
      const foreign = await proxy.post(proxy.event()[1], { Origin: FOREIGN })
      const read = await proxy.ask(proxy.options.url, { method: 'GET' })
      for (const x of [answer, refused, foreign, read])
        must(!(x.text + JSON.stringify([...x.headers])).includes(secret), 'an answer holds it', x)
      must(
        !(
          JSON.stringify([...forwarded.headers]) + new TextDecoder().decode(forwarded.body)
        ).includes(secret),
        'it was forwarded',
        answer,
      )
    },
  },
  {
    id: 'proxy.method',
    level: 'SHOULD',
    title: 'Any other method than POST is refused',
    cause: 'A GET that does something, or an error page.',
    async run(proxy) {
      for (const method of ['GET', 'PUT', 'DELETE']) {
        const answer = await proxy.ask(proxy.options.url, {
          method,
          headers: { Origin: proxy.origin },
        })
        must([404, 405].includes(answer.status), `${method}: got ${shown(answer)}`, answer)
      }
    },
  },
  {
    id: 'proxy.not-configured',
    isSituational: true,
    title: 'Without a configured secret it is 500 PROXY_NOT_CONFIGURED',
    cause: 'It signs with an empty secret.',
    async run() {
      throw new NotSeen('needs another proxy, one without a secret: its own tests have to show it')
    },
  },
])
