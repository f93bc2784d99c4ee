import { describe } from 'vitest'
import { OTHER_SITE, SITE } from '../testing/sign.js'
import { databaseStoreSuite } from '../testing/database-store-suite.js'
import { storeSuite } from '../testing/store-suite.js'
import { openEmbedded } from './embedded.js'
import { createMemoryStore } from './memory-store.js'

describe('a store in memory', () => {
  const store = createMemoryStore(
    [SITE, OTHER_SITE].map(({ id, publicId, secret }) => ({ id, publicId, secrets: [secret] })),
  )
  storeSuite(() => ({ store, countCalls: async () => store.memory.calls.length }))
})

describe('a store on PGlite', () => databaseStoreSuite(() => openEmbedded(null)))
