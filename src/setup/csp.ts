/** Content Security Policy, as far as it decides what a page may load and send. https://w3c.github.io/webappsec-csp/ */

import { attributesOf, withoutComments } from './attributes.js'

/** The policies of `<meta>` elements. */
export const metaPolicies = (html: string): string[] =>
  (withoutComments(html).match(/<meta\b[^>]*>/gi) ?? []).flatMap((tag) => {
    const attributes = attributesOf(tag)
    return attributes.get('http-equiv')?.toLowerCase() === 'content-security-policy'
      ? [attributes.get('content') ?? '']
      : []
  })

const DEFAULT_PORT: Record<string, string> = { 'http:': '80', 'https:': '443' }

const portOf = (url: URL): string => url.port || (DEFAULT_PORT[url.protocol] ?? '')

const matches = (source: string, url: URL, page: URL): boolean => {
  const text = source.toLowerCase()
  if (text === '*') return /^https?:$/.test(url.protocol)
  if (text === "'self'")
    return (
      url.origin === page.origin ||
      (url.hostname === page.hostname && page.protocol === 'http:' && url.protocol === 'https:')
    )
  if (/^[a-z][a-z\d+.-]*:$/.test(text))
    return text === url.protocol || (text === 'http:' && url.protocol === 'https:')
  const host =
    /^(?:([a-z][a-z\d+.-]*:)\/\/)?(\*|(?:\*\.)?[^:/*'[\]]+|\[[^\]]+\])(?::(\*|\d+))?(\/.*)?$/i.exec(
      source,
    )
  if (host === null) return false
  const [, scheme = page.protocol, name = '', port, path] = host
  const isScheme =
    scheme.toLowerCase() === url.protocol ||
    (scheme.toLowerCase() === 'http:' && url.protocol === 'https:')
  const wanted = name.toLowerCase()
  const isName =
    wanted === '*' ||
    (wanted.startsWith('*.') ? url.hostname.endsWith(wanted.slice(1)) : url.hostname === wanted)
  const isPort =
    port === '*' ||
    (port === undefined ? portOf(url) === DEFAULT_PORT[url.protocol] : port === portOf(url)) ||
    (port === '80' && portOf(url) === '443')
  const isPath =
    path === undefined ||
    (path.endsWith('/') ? url.pathname.startsWith(path) : url.pathname === path)
  return isScheme && isName && isPort && isPath
}

/** The directives that decide, the most specific first. */
const DIRECTIVES = {
  connect: ['connect-src', 'default-src'],
  script: ['script-src-elem', 'script-src', 'default-src'],
} as const

/** What a script's element has beside its address. */
export interface ScriptElement {
  nonce: string
  integrity: string
}

/**
 * Returns the directive that forbids a page to send to an address, or to load a script from it; null if none does.
 *
 * @param element of the script, if that is asked
 */
export const forbidding = (
  policies: readonly string[],
  url: string,
  page: string,
  element?: ScriptElement,
): string | null => {
  for (const policy of policies) {
    const directives = new Map<string, string[]>()
    for (const text of policy.split(';')) {
      const [name = '', ...sources] = text.trim().split(/\s+/)
      // Of a directive that is there twice, the first counts.
      if (name !== '' && !directives.has(name.toLowerCase()))
        directives.set(name.toLowerCase(), sources)
    }
    const names = DIRECTIVES[element === undefined ? 'connect' : 'script']
    const name = names.find((one) => directives.has(one))
    const sources = name === undefined ? undefined : directives.get(name)
    if (name === undefined || sources === undefined) continue
    const isAllowed =
      isNamed(sources, element) ||
      (!(element && sources.includes("'strict-dynamic'")) &&
        sources.some((source) => matches(source, new URL(url), new URL(page))))
    if (!isAllowed) return `${name} ${sources.join(' ')}`
  }
  return null
}

/** Returns true if a nonce or a hash names the script, whatever its address. */
const isNamed = (sources: readonly string[], element: ScriptElement | undefined): boolean =>
  element !== undefined &&
  ((element.nonce !== '' && sources.includes(`'nonce-${element.nonce}'`)) ||
    element.integrity.split(/\s+/).some((hash) => hash !== '' && sources.includes(`'${hash}'`)))
