import type { TestProject } from 'vitest/node'
import { build } from '../../../examples/wordpress/build.mjs'
import { installPlugin } from './php.js'
import { startWordPress, type WordPressSite } from './wordpress.js'

declare module 'vitest' {
  interface ProvidedContext {
    wordpress: WordPressSite
    /** Path of the plugin's zip. */
    zip: string
  }
}

/** One WordPress for all the test files: it takes longer to install than the tests take. */
export default async (project: TestProject): Promise<() => Promise<void>> => {
  console.log('[wordpress] installing a WordPress for the tests')
  const { site, stop } = await startWordPress()
  const zip = build()
  try {
    installPlugin(site, zip)
  } catch (error) {
    await stop()
    throw error
  }
  console.log(`[wordpress] at ${site.url}, with the plugin from ${zip}`)
  project.provide('wordpress', site)
  project.provide('zip', zip)
  return stop
}
