import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'
import { findBrowser } from '../../support/find-browser.js'

/** Before the tests of the site: the site as it would be published, and a browser to open it. */
export default (project: TestProject): void => {
  const root = fileURLToPath(new URL('../../..', import.meta.url))
  console.log('[build] npm run docs:build')
  execFileSync(process.execPath, ['website/site.mjs', 'build'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: 600_000,
  })
  project.provide('browserPath', findBrowser())
}
