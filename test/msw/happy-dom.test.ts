// @vitest-environment happy-dom
import { trackerSuite } from './suite.js'

trackerSuite()
