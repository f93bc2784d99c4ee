import { must } from '../check.js'
import type { Exchange } from '../../probe/exchange.js'
import type { Forwarded, ProxyTarget } from './proxy.js'

/** An origin that no proxy allows. */
export const FOREIGN = 'https://conformance.invalid'

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
