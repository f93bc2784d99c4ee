/** Content Security Policy, as far as it decides whether a page may send to an address. https://w3c.github.io/webappsec-csp/ */

const attribute = (tag: string, name: string): string | undefined => {
  const match = new RegExp(`\\b${name}\\s*=\\s*("([^"]*)"|'([^']*)')`, 'i').exec(tag)
  return match?.[2] ?? match?.[3]
}

/** The policies of `<meta>` elements. */
export const metaPolicies = (html: string): string[] =>
  (html.replaceAll(/<!--[^]*?-->/g, '').match(/<meta\b[^>]*>/gi) ?? []).flatMap((tag) =>
    attribute(tag, 'http-equiv')?.toLowerCase() === 'content-security-policy'
      ? [(attribute(tag, 'content') ?? '').replaceAll('&#39;', "'").replaceAll('&apos;', "'")]
      : [],
  )

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

/** The directive that forbids a page to send to this address; null where none does. */
export const forbidding = (
  policies: readonly string[],
  url: string,
  page: string,
): string | null => {
  for (const policy of policies) {
    const directives = new Map<string, string[]>()
    for (const text of policy.split(';')) {
      const [name = '', ...sources] = text.trim().split(/\s+/)
      // Of a directive that stands twice, the first counts.
      if (name !== '' && !directives.has(name.toLowerCase()))
        directives.set(name.toLowerCase(), sources)
    }
    const name = ['connect-src', 'default-src'].find((one) => directives.has(one))
    const sources = name === undefined ? undefined : directives.get(name)
    if (name === undefined || sources === undefined) continue
    if (!sources.some((source) => matches(source, new URL(url), new URL(page))))
      return `${name} ${sources.join(' ')}`
  }
  return null
}
