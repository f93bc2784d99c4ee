import { createHash } from 'node:crypto'
import { createMemoryStore } from '../../../server-reference/src/index.js'
import { OTHER_SITE, SITE } from '../../../server-reference/src/testing/sign.js'
import { NEXT_SECRET } from './python.js'

/** A token that opens the first site of `storeWithToken`. */
export const SITE_TOKEN = 'ops_a-token-of-the-first-site'

/** Creates the reference server's memory store with both sites, a rotation under way, and a token of the first site. */
export const storeWithToken = (now?: () => number): ReturnType<typeof createMemoryStore> => {
  const store = createMemoryStore(
    [
      { ...SITE, secrets: [SITE.secret, NEXT_SECRET] },
      { ...OTHER_SITE, secrets: [OTHER_SITE.secret] },
    ],
    now,
  )
  store.memory.tokens.set(createHash('sha256').update(SITE_TOKEN).digest('hex'), SITE.id)
  return store
}
