import { describe } from 'vitest'
import { upkeepSuite } from '../../testing/upkeep-suite.js'
import { openEmbedded } from '../embedded.js'

describe('upkeep on PGlite', () => upkeepSuite(() => openEmbedded(null)))
