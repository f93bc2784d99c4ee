// Makes dist/opsmantik.zip, which WordPress installs: the plugin's files and the tracker's script.
// node examples/wordpress/build.mjs, after npm run build.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { mo } from './mo.mjs'
import { pot } from './pot.mjs'
import { zip } from './zip.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const plugin = join(here, 'opsmantik')
const core = join(here, '../../dist/core.js')
const TEMPLATE = 'languages/opsmantik.pot'

/** The plugin's files as they are in the repository, in the order of their names. */
export const pluginFiles = () =>
  readdirSync(plugin, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({
      name: relative(plugin, path).split(sep).join('/'),
      data: readFileSync(path),
    }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))

/** @param {{ name: string, data: Buffer }[]} files */
export const versionOf = (files) => {
  const main = files.find(({ name }) => name === 'opsmantik.php')
  const version = /^ \* Version: +(\S+)$/m.exec(String(main?.data))?.[1]
  if (version === undefined) throw new Error('opsmantik.php names no version')
  return version
}

/** @returns {string} where the zip is */
export const build = () => {
  if (!existsSync(core)) throw new Error('dist/core.js is missing: run npm run build first')
  const sources = pluginFiles()
  const template = Buffer.from(pot(sources, versionOf(sources)))
  mkdirSync(join(plugin, 'languages'), { recursive: true })
  writeFileSync(join(plugin, TEMPLATE), template)
  const files = [
    ...sources.filter(({ name }) => name !== TEMPLATE),
    { name: TEMPLATE, data: template },
    ...sources
      .filter(({ name }) => name.endsWith('.po'))
      .map(({ name, data }) => ({ name: name.replace(/po$/, 'mo'), data: mo(String(data)) })),
    { name: 'assets/core.js', data: readFileSync(core) },
    { name: 'LICENSE', data: readFileSync(join(here, '../../LICENSE')) },
  ]
  const target = join(here, 'dist', 'opsmantik.zip')
  mkdirSync(dirname(target), { recursive: true })
  writeFileSync(target, zip(files.map(({ name, data }) => ({ name: `opsmantik/${name}`, data }))))
  return target
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.stdout.write(`${build()}\n`)
