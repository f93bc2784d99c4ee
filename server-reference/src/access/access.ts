import type { Sha256 } from '../digest/portable-digests.js'
import { secretsEqual } from '../digest/secrets-equal.js'
import { createWindows } from '../limits/windows.js'
import type { Store } from '../store/store.js'
import type { Log } from '../world.js'

/** Describes the access that a token grants. */
export interface Opened {
  /** The site's UUID; null: all sites. */
  siteId: string | null
  /** Resolves with false once the token was revoked or has expired. Rejects if the store does not respond. */
  isValid(): Promise<boolean>
}

const isAlwaysValid = (): Promise<boolean> => Promise.resolve(true)
/** The access to all sites, which does not end. */
export const OPEN_TO_ALL: Opened = { siteId: null, isValid: isAlwaysValid }

/** Why nothing is opened: no such token, or too many wrong ones from this address within a minute. */
export type Closed = 'wrong' | 'limited'

/** Opens what a token opens (contract sections 12 and 17). */
export type Access = (token: string, address: string) => Promise<Opened | Closed>

/** Wrong tokens that one address may send per minute; after that no token is checked. A refused handshake counts twice. */
const ATTEMPTS_PER_MINUTE = 60
/** Addresses that are counted at a time. */
const MAX_ADDRESSES = 10_000

interface Options {
  store: Pick<Store, 'siteOfToken'>
  /** The token that opens all sites; null if there is none. */
  liveToken: string | null
  sha256: Sha256
  log: Log
}

/**
 * Creates the one place that decides what a token opens: for reading, the feed and the console. A caller cannot
 * distinguish a wrong token, an expired one and a token of another site. Neither comparison depends on how many of the
 * first characters are right: the database is asked for a digest, whose first bytes a caller cannot choose.
 *
 * @throws what the store throws if the database does not respond
 */
export const createAccess = ({ store, liveToken, sha256, log }: Options): Access => {
  const count = createWindows(MAX_ADDRESSES)
  const liveDigest = liveToken === null ? null : sha256(liveToken)
  return async (token, address) => {
    if (token === '') return 'wrong'
    if (count(address, 0).count >= ATTEMPTS_PER_MINUTE) return 'limited'
    const digest = sha256(token)
    if (liveDigest !== null && secretsEqual(digest, liveDigest)) return OPEN_TO_ALL
    const siteId = await store.siteOfToken(digest)
    if (siteId !== null)
      return { siteId, isValid: async () => (await store.siteOfToken(digest)) === siteId }
    const { count: attempts } = count(address)
    if (attempts === ATTEMPTS_PER_MINUTE)
      log.warn(
        { attempts },
        'one address has sent too many wrong tokens; it is refused for a minute',
      )
    return 'wrong'
  }
}
