import {
  sign,
  SIGNATURE,
  SIGNATURE_HEADER,
  TIMESTAMP,
  TIMESTAMP_HEADER,
} from '@opsmantik/tracker/contract'
import { must } from '../check.js'
import type { Exchange } from '../../probe/exchange.js'
import type { Forwarded, ProxyTarget } from './proxy.js'

export const shown = (x: Exchange): string => `${x.status} ${x.text.slice(0, 200)}`

/** The one request that reached the console for an event. */
export const forwardedOnce = (proxy: ProxyTarget, id: string, answer: Exchange): Forwarded => {
  const all = proxy.console.received(id)
  must(
    all.length === 1,
    `${all.length} requests reached the console at ${proxy.console.url}, expected one; the proxy answered ${shown(answer)}`,
    answer,
  )
  return all[0]!
}

export const forward = async (
  proxy: ProxyTarget,
  fields?: object,
  headers?: Record<string, string>,
) => {
  const [id, body] = proxy.event(fields)
  const answer = await proxy.post(body, headers)
  return { id, body, answer, forwarded: forwardedOnce(proxy, id, answer) }
}

export const verify = async (
  proxy: ProxyTarget,
  { headers, body }: Forwarded,
  answer: Exchange,
) => {
  const ts = headers.get(TIMESTAMP_HEADER) ?? ''
  const signature = headers.get(SIGNATURE_HEADER) ?? ''
  must(TIMESTAMP.test(ts), `${TIMESTAMP_HEADER} is ${ts || 'missing'}`, answer)
  must(SIGNATURE.test(signature), `${SIGNATURE_HEADER} is no 64 hex digits`, answer)
  must(
    signature.toLowerCase() === (await sign(proxy.secret, ts, body)),
    'the signature is not that of the bytes that were forwarded',
    answer,
  )
}

export const expectUnsent = (proxy: ProxyTarget, id: string, answer: Exchange): void =>
  must(proxy.console.received(id).length === 0, 'it was forwarded all the same', answer)
