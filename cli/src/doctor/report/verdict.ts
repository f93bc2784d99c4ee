import type { Finding, Whose } from '../types.js'

const PLACE: Record<Whose, string> = {
  'customer page': 'on the customer’s page',
  allowlist: 'in the list of allowed origins',
  gateway: 'in the gateway, firewall or CDN before the server',
  secret: 'in the secret',
  clock: 'in a clock',
  network: 'in the network',
  server: 'in the server',
  proxy: 'in the customer’s proxy',
}

/** One sentence for the person on call. */
export const verdictOf = (
  findings: readonly Finding[],
  origin: string,
  consoleUrl: string,
): string => {
  const errors = findings.filter(({ severity }) => severity === 'error')
  const warnings = findings.filter(({ severity }) => severity === 'warning')
  const first = errors[0] ?? warnings[0]
  if (first === undefined)
    return `All is well: a page on ${origin} can deliver its events to ${consoleUrl}.`
  const place = first.whose === null ? '' : ` ${PLACE[first.whose]}`
  const more = errors.length - 1
  if (errors.length === 0)
    return `Events of ${origin} are delivered, but something${place} wants looking at: ${first.title}.`
  return `Something is wrong${place}: ${first.title}${more > 0 ? ` (and ${more} more)` : ''}.`
}
