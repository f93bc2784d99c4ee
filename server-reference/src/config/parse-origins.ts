import type { OriginEntry } from './origins.js'

/** The entry that includes the origins of the sites in the database. */
export const SITES_WORD = 'sites'

/** Reads ALLOWED_ORIGINS. Each problem names the entry and shows what was probably meant. */
export const parseOrigins = (
  list: string,
  production: boolean,
): { entries: OriginEntry[]; admitsNamed: boolean; problems: string[] } => {
  let admitsNamed = false
  const entries: OriginEntry[] = []
  const problems: string[] = []
  for (const raw of list.split(',')) {
    const text = raw.trim()
    // A trailing comma means nothing else.
    if (text === '') continue
    if (text.toLowerCase() === SITES_WORD) {
      admitsNamed = true
      continue
    }
    const read = parseEntry(text, production)
    if (typeof read === 'string') problems.push(`ALLOWED_ORIGINS: ${quote(text)} ${read}`)
    else entries.push(read)
  }
  return { entries, admitsNamed, problems }
}

const quote = (text: string): string => JSON.stringify(text)

/** Returns an entry, or the fault in it. */
const parseEntry = (text: string, production: boolean): OriginEntry | string => {
  const [address = '', ...parameters] = text.split(';').map((part) => part.trim())
  let until: string | null = null
  for (const parameter of parameters) {
    const date = /^until=(\d{4}-\d\d-\d\d)$/.exec(parameter)?.[1]
    if (date === undefined || until !== null || !isDay(date))
      return `has ${quote(parameter)} where only one ";until=YYYY-MM-DD" with a real date may stand, such as "${address};until=2030-12-31"`
    until = date
  }
  const origin = parseAddress(address, production)
  return typeof origin === 'string' ? { origin, until } : origin.problem
}

const isDay = (date: string): boolean => {
  const time = Date.parse(date)
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(date)
}

/** Returns a serialised origin, or the fault in the address. */
const parseAddress = (address: string, production: boolean): string | { problem: string } => {
  if (address === '*')
    return production
      ? {
          problem:
            'is not accepted in production: list each origin, such as "https://www.shop.example"',
        }
      : address
  if (address.toLowerCase() === 'null')
    return {
      problem:
        'is never allowed: it is what sandboxed frames and local files send, whoever made them',
    }
  if (!/^[a-z][a-z\d+.-]*:\/\//i.test(address)) {
    const guess = guessed('https://' + address.replace(/^\/+/, '').replace(/^https?:\/*/i, ''))
    return { problem: `has no scheme${guess ? `; did you mean ${quote(guess)}?` : ''}` }
  }
  if (/^https?:\/\/[^/]*\*/i.test(address))
    return {
      problem: 'has a wildcard: every subdomain is an origin of its own and has to be listed',
    }
  const url = URL.canParse(address) ? new URL(address) : null
  if (url === null || url.hostname === '' || /[\s\\]/.test(address))
    return {
      problem: 'is not an origin; expected scheme://host[:port], such as "https://shop.example"',
    }
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    return { problem: 'is not an http or https origin; expected such as "https://shop.example"' }
  const meant = `; did you mean ${quote(url.origin)}?`
  if (url.username !== '' || url.password !== '' || address.includes('@'))
    return { problem: `has a user name in it${meant}` }
  if (/[?#]/.test(address)) return { problem: `has a query or a fragment${meant}` }
  if (!/^[^/]+:\/\/[^/]+\/?$/.test(address)) return { problem: `has a path${meant}` }
  return url.origin
}

/** Returns the origin that a text probably means, or null. */
const guessed = (text: string): string | null => {
  if (!URL.canParse(text)) return null
  const { origin, hostname } = new URL(text)
  return /[.:]|^localhost$/.test(hostname) ? origin : null
}
