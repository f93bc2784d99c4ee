import { hex } from '@opsmantik/tracker/contract'
import type { Exchange } from '../../probe/exchange.js'
import type { ServerOptions, Traces } from './server.js'

/** A response that holds a secret or a token. */
export interface Leak {
  /** Which one, in words. */
  name: string
  exchange: Exchange
}

/** Texts that are shorter could be there by chance. */
const MIN_LENGTH = 8

const found = new WeakMap<Traces, Leak[]>()

/** A text as it is, and as programs print it. */
const formsOf = (text: string): string[] => {
  const bytes = new TextEncoder().encode(text)
  const binary = String.fromCharCode(...bytes)
  return [text, btoa(binary).replace(/=+$/, ''), hex(bytes), encodeURIComponent(text)]
}

const secretsOf = (options: ServerOptions): [name: string, value: string | undefined][] => [
  ['the site’s secret', options.secret],
  ['the site’s next secret', options.nextSecret],
  ['the second site’s secret', options.otherSecret],
  ['the live feed’s token', options.liveToken],
  ['the site’s token', options.siteToken],
]

/** A development server's console, which opens the feed for anyone on the same machine, holds its token. */
const OWN_CONSOLE = /^http:\/\/(localhost|127[\d.]+|\[::1\])(:\d+)?\/$/

/** Searches a response for every secret and token that the kit knows, and keeps the response if it holds one. */
export const searchForLeaks = (
  options: ServerOptions,
  traces: Traces,
  exchange: Exchange,
): void => {
  const text = exchange.text + '\n' + [...exchange.headers].join('\n')
  for (const [name, value] of secretsOf(options)) {
    if (value === undefined || value.length < MIN_LENGTH) continue
    if (value === options.liveToken && OWN_CONSOLE.test(exchange.request.url)) continue
    if (!formsOf(value).some((form) => text.includes(form))) continue
    found.set(traces, [...(found.get(traces) ?? []), { name, exchange }])
  }
}

/** Returns what the run has found so far. */
export const leaksOf = (traces: Traces): readonly Leak[] => found.get(traces) ?? []
