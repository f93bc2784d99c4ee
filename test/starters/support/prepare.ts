import { execFileSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'
import { packagesIn } from '../../../scripts/registry/packages.mjs'
import { startRegistry } from '../../../scripts/registry/start-registry.mjs'

declare module 'vitest' {
  interface ProvidedContext {
    /** A registry that has the packages of this checkout, and sends npm to the real one for all others. */
    registry: string
  }
}

const root = fileURLToPath(new URL('../../..', import.meta.url))

/** Before the tests of what a newcomer does: the packages as npm will have them. */
export default async (project: TestProject): Promise<() => Promise<void>> => {
  const folder = mkdtempSync(join(tmpdir(), 'opsmantik-registry-'))
  const npm = (...words: string[]): string =>
    execFileSync('npm', words, { cwd: root, encoding: 'utf8', timeout: 120_000 })
  console.log('[pack] the four packages')
  npm('pack', '--silent', '--workspaces', '--include-workspace-root', '--pack-destination', folder)
  const upstream = npm('config', 'get', 'registry').trim()
  const registry = await startRegistry({ packed: packagesIn(folder), port: 0, upstream })
  project.provide('registry', registry.url)
  return async () => {
    await registry.close()
    await rm(folder, { recursive: true, force: true })
  }
}
