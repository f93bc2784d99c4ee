import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'
import { findBrowser } from './find-browser.js'

declare module 'vitest' {
  interface ProvidedContext {
    browserPath: string
  }
}

/** Before the browser tests: what a user would load is built, and there is a browser to load it. */
export default (project: TestProject): void => {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  for (const script of ['build', 'build:server']) {
    console.log(`[build] npm run ${script}`)
    execFileSync('npm', ['run', '--silent', script], { cwd: root, stdio: 'inherit' })
  }
  project.provide('browserPath', findBrowser())
}
