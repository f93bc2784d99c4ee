// @vitest-environment jsdom
import { trackerSuite } from './suite.js'

trackerSuite()
