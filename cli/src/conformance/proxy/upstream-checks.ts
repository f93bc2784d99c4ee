import { must, Nonconformance, section, type Check } from '../check.js'
import type { Exchange } from '../../probe/exchange.js'
import { shown } from './forwarded.js'
import type { ProxyTarget } from './proxy.js'

export const upstreamChecks: readonly Check<ProxyTarget>[] = section<ProxyTarget>(14, [
  {
    id: 'proxy.slow-body',
    title: 'The 4 s cover the body too: one that drips without an end is 504 or 502',
    cause: 'The time-out is that of the connection, or of each read.',
    async run(proxy) {
      const [id, body] = proxy.event()
      proxy.console.answer(id, 'drip')
      const began = performance.now()
      let answer: Exchange
      try {
        answer = await proxy.post(body)
      } catch {
        throw new Nonconformance('no response within 10 s')
      }
      const took = (performance.now() - began) / 1000
      must([502, 504].includes(answer.status), `it became ${shown(answer)}`, answer)
      must(took < 7, `it responded after ${took.toFixed(1)} s`, answer)
    },
  },
  {
    id: 'proxy.oversized',
    level: 'SHOULD',
    title: 'A response of 2 MiB from the console is not read to its end: 502 or 504',
    cause: 'The whole response is read into memory, however large it is.',
    async run(proxy) {
      const [id, body] = proxy.event()
      const filler = 'x'.repeat(2_097_152)
      proxy.console.answer(id, { status: 200, body: JSON.stringify({ status: 'matched', filler }) })
      const answer = await proxy.post(body)
      must([502, 504].includes(answer.status), `it became ${shown(answer)}`, answer)
    },
  },
])
