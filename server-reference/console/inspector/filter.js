/** @typedef {import('../../src/live/detail.js').ConsoleMessage} Message */
/** @typedef {{ site: string, endpoint: string, outcome: string, text: string }} Filter */

/** @type {Filter} */
export const NO_FILTER = { site: '', endpoint: '', outcome: '', text: '' }

/** @param {Filter} filter */
export const isFiltered = (filter) => Object.values(filter).some((value) => value !== '')

/**
 * Returns the outcome of a message: a word if it was recorded, the contract's code if it was refused.
 *
 * @param {Message} message
 */
export function outcomeOf(message) {
  if (message.type === 'refused') return message.code
  return message.type === 'sync' ? 'synced' : message.status
}

/** @param {Message} message */
export const endpointOf = (message) => (message.type === 'sync' ? '/api/sync' : message.endpoint)

/**
 * Returns the one spelling of a site id, which may be in either case, with or without dashes (contract section 3).
 * @param {string} site
 */
const plain = (site) => site.toLowerCase().replaceAll('-', '')

/** Maximum number of sites that are remembered; any client can invent more. */
const MAX_SITES = 1_000

/**
 * Creates the list of sites. A refusal has its site only as the request named it; once another request has been
 * resolved, the two names are one site.
 */
export function createSites() {
  /** @type {Map<string, string>} */
  const uuids = new Map()
  /** Site ids as in the embed, instead of the UUIDs that the server resolved them to. @type {Map<string, string>} */
  const labels = new Map()

  /** @param {Message} message @returns {string} empty if it names no site */
  const keyOf = ({ detail, ...message }) => {
    const known = 'site_id' in message ? message.site_id : detail?.site
    const name = plain(known ?? detail?.claimedSite ?? '')
    return uuids.get(name) ?? name
  }
  return {
    keyOf,
    /** Returns the key that has replaced this one, or this one. @param {string} key */
    current: (key) => uuids.get(key) ?? key,
    /** @param {string} key */
    labelOf: (key) => labels.get(key) ?? key,
    /** @param {Message} message */
    learn(message) {
      if (labels.size > MAX_SITES) return
      const { detail } = message
      const claimed = detail?.claimedSite
      if (detail?.site && claimed) uuids.set(plain(claimed), plain(detail.site))
      const key = keyOf(message)
      if (key && !labels.has(key)) labels.set(key, claimed ?? key)
    },
  }
}

/**
 * Returns all values in a message as text, so that a search finds a header as well as a field.
 *
 * @param {unknown} value
 * @returns {string}
 */
export const textOf = (value) =>
  typeof value === 'object' && value !== null
    ? Object.values(value).map(textOf).join('\n')
    : String(value ?? '').toLowerCase()

/**
 * @param {Filter} filter
 * @param {{ message: Message, text: string }} entry
 * @param {ReturnType<typeof createSites>} sites
 */
export function matches(filter, { message, text }, sites) {
  const outcome = outcomeOf(message)
  return (
    (filter.site === '' || sites.keyOf(message) === filter.site) &&
    (filter.endpoint === '' || endpointOf(message) === filter.endpoint) &&
    (filter.outcome === '' ||
      groupsOf(message).includes(filter.outcome) ||
      outcome === filter.outcome) &&
    filter.text
      .toLowerCase()
      .split(/\s+/)
      .every((word) => text.includes(word))
  )
}

/** @param {Message} message */
const groupsOf = (message) =>
  message.type === 'refused'
    ? ['refused']
    : message.type === 'call' && message.status !== 'noop'
      ? ['recorded']
      : []
