import { describe } from 'vitest'
import { sqlSuite } from '../testing/sql-suite.js'
import { openEmbedded } from './embedded.js'

describe('the SQL on PGlite', () => sqlSuite(() => openEmbedded(null)))
