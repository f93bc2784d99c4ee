import type { TestProject } from 'vitest/node'
import { buildOutdated } from '../../scripts/serve/build-outdated.mjs'
import { findBrowser } from './find-browser.js'

declare module 'vitest' {
  interface ProvidedContext {
    browserPath: string
  }
}

/** Before the browser tests: what a user would load is built, and there is a browser to load it. */
export default (project: TestProject): void => {
  buildOutdated()
  project.provide('browserPath', findBrowser())
}
