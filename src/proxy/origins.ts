const mistake = (entry: string, problem: string): TypeError =>
  new TypeError(`createProxy: origins: ${JSON.stringify(entry)} ${problem}`)

/** @throws TypeError that names the entry and shows what was probably meant */
const parseOrigin = (entry: string): string => {
  if (entry.includes('*'))
    throw mistake(entry, 'has a wildcard: list each origin, such as "https://www.shop.example"')
  const hasScheme = /^https?:\/\//i.test(entry)
  const text = hasScheme ? entry : 'https://' + entry.replace(/^\/+/, '')
  const meant = URL.canParse(text) ? new URL(text).origin : 'https://www.shop.example'
  if (!hasScheme || !/^[^/]+:\/\/[^/?#@\s\\]+\/?$/.test(entry) || !URL.canParse(entry))
    throw mistake(entry, `is not an origin (scheme://host[:port]); did you mean "${meant}"?`)
  return meant
}

/**
 * Returns the origins as browsers send them. The case of the host, a default port and a slash at the end do not matter
 * (contract section 2).
 *
 * @throws TypeError if an entry is not an origin
 */
export const parseOrigins = (origins: string | readonly string[] = []): ReadonlySet<string> => {
  const entries = typeof origins === 'string' ? origins.split(',') : origins
  return new Set(
    entries
      .map((entry) => entry.trim())
      .filter(Boolean)
      .map(parseOrigin),
  )
}
