import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PAGES, ROOT } from './stage.mjs'

const HERE = fileURLToPath(new URL('.', import.meta.url))
const API = join(PAGES, 'api')

/** @typedef {{ name: string, source: string, page: string }} Entry */

/** The packages that are published, by their folders. */
const PACKAGES = ['.', 'server-reference', 'testing', 'cli']

/** Every public entry that has types: what it is imported as, its source, its page. @returns {Entry[]} */
export function entries() {
  return PACKAGES.flatMap((folder) => {
    const { name, exports } = JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8'))
    return Object.entries(exports)
      .filter(([, conditions]) => conditions['opsmantik-source'] && conditions.types)
      .map(([path, conditions]) => ({
        name: name + path.slice(1),
        source: posix.join(folder, conditions['opsmantik-source']),
        page: (name + path.slice(1)).replace('@opsmantik/', '').replaceAll('/', '-'),
      }))
  })
}

/** Writes a page for each public entry, from its types and their comments. */
export function makeApi() {
  const all = entries()
  const words = ['--options', join(HERE, 'typedoc/options.json'), '--out', API]
  for (const { source } of all) words.push('--entryPoints', join(ROOT, source))
  execFileSync(process.execPath, [join(HERE, 'node_modules/typedoc/bin/typedoc'), ...words], {
    cwd: HERE,
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: 300_000,
  })
  for (const { name, page } of all) {
    const file = join(API, `${page}.md`)
    writeFileSync(file, readFileSync(file, 'utf8').replace(/^# .*/, `# API: ${name}`))
  }
  const rows = all.map(({ name, page }) => `- [\`${name}\`](./${page}.md)\n`)
  writeFileSync(
    join(API, 'index.md'),
    `# API reference\n\nMade from the types of the package and their comments, a page for each entry:\n\n${rows.join('')}`,
  )
}
