import type { HealthWarning } from '@opsmantik/tracker/contract'

/** One entry of ALLOWED_ORIGINS. */
export interface OriginEntry {
  /** Serialised as browsers do: lower case, no default port, no slash. `*` allows every origin. */
  origin: string
  /** The last day, UTC, as YYYY-MM-DD. */
  until: string | null
}

const DAY = 86_400_000
const WARN_DAYS = 7

/**
 * Decides which origins may send requests (contract section 2). HTTP and the WebSocket handshake share this object: two
 * lists that drift apart are an outage.
 */
export class OriginPolicy {
  readonly entries: readonly OriginEntry[]
  readonly #now: () => number
  readonly #ends = new Map<string, number>()
  readonly #admitsNamed: boolean
  /** By the UUID of the site that names them. */
  #named = new Map<string, ReadonlySet<string>>()
  #anyNamed = new Set<string>()
  /** Sites by the hosts of the origins that they name. */
  #byHost = new Map<string, string[]>()
  /** Settles when the sites have been read for the first time; null if that has happened, or there are no sites to read. */
  pending: Promise<void> | null = null

  /** @param admitsNamed `ALLOWED_ORIGINS=sites`: what any site names is allowed beside the entries */
  constructor(
    entries: readonly OriginEntry[],
    now: () => number = Date.now,
    admitsNamed: boolean = false,
  ) {
    this.entries = entries
    this.#now = now
    this.#admitsNamed = admitsNamed
    for (const { origin, until } of entries) {
      const end = until === null ? Infinity : Date.parse(until) + DAY
      this.#ends.set(origin, Math.max(end, this.#ends.get(origin) ?? 0))
    }
  }

  get any(): boolean {
    return this.#now() < (this.#ends.get('*') ?? 0)
  }

  /** Returns true if the origin is allowed. `received` is the Origin header, character for character. */
  allows(received: string): boolean {
    const end = this.#ends.get(received) ?? this.#ends.get(serialised(received))
    if (end !== undefined && received !== '*' && this.#now() < end) return true
    if (this.#admitsNamed && isIn(this.#anyNamed, received)) return true
    if (end !== undefined) return false
    return this.any && /^https?:\/\/[^\s/?#@\\,]+$/i.test(received)
  }

  /**
   * Returns false if the site lists origins and this one is not among them. A site without a list accepts every allowed
   * origin.
   */
  allowsFor(siteId: string, received: string): boolean {
    const named = this.#named.get(siteId)
    return named === undefined || isIn(named, received)
  }

  /** Replaces what the sites name (`site origin add|remove`): serialised origins by the site's UUID. */
  setNamed(named: ReadonlyMap<string, readonly string[]>): void {
    this.#named = new Map([...named].map(([siteId, origins]) => [siteId, new Set(origins)]))
    this.#anyNamed = new Set([...named.values()].flat())
    this.#byHost = new Map()
    for (const [siteId, origins] of named)
      for (const host of new Set(origins.map(bareHost)))
        this.#byHost.set(host, [...(this.#byHost.get(host) ?? []), siteId])
  }

  /** Returns the origins that a site names; none if it accepts every allowed one. */
  namedBy(siteId: string): string[] {
    return [...(this.#named.get(siteId) ?? [])]
  }

  /** Returns the sites that name this origin, or one of the same host apart from scheme, port and `www.`. */
  sitesNear(received: string): readonly string[] {
    return received === '' ? [] : (this.#byHost.get(bareHost(serialised(received))) ?? [])
  }

  /** Returns the entry that was probably meant to cover this origin: same host, with or without www, or expired. */
  nearest(received: string): OriginEntry | undefined {
    const wanted = bareHost(serialised(received))
    return this.entries.find((entry) => entry.origin !== '*' && bareHost(entry.origin) === wanted)
  }

  /** Warnings for health and the log. Entries go by their number: health never shows an origin. */
  warnings(): HealthWarning[] {
    const now = this.#now()
    return this.entries.flatMap(({ until }, index): HealthWarning[] => {
      if (until === null) return []
      const end = Date.parse(until) + DAY
      const entry = `ALLOWED_ORIGINS: entry ${index + 1}`
      if (now >= end)
        return [{ code: 'ORIGIN_ENDED', message: `${entry} ended on ${until}; remove it` }]
      if (now >= end - DAY - WARN_DAYS * DAY)
        return [{ code: 'ORIGIN_ENDING', message: `${entry} ends on ${until}` }]
      return []
    })
  }
}

/** Returns the host of a serialised origin without `www.`. */
const bareHost = (origin: string): string =>
  origin.replace(/^[a-z]+:\/\/(www\.)?/, '').replace(/:\d+$/, '')

const isIn = (origins: ReadonlySet<string>, received: string): boolean =>
  origins.has(received) || origins.has(serialised(received))

/**
 * Returns the received origin in the form of an entry. It uses no URL parser, which would drop a path, decode `%2E` and
 * strip tabs, and so accept origins that no browser sends.
 */
const serialised = (received: string): string =>
  received
    .toLowerCase()
    .replace(/\/$/, '')
    .replace(/^(https:\/\/[^/]+):443$/, '$1')
    .replace(/^(http:\/\/[^/]+):80$/, '$1')
