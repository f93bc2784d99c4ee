import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const HERE = dirname(fileURLToPath(import.meta.url))
/** Entries of the server without Node: the application and its parts in memory. */
const CORE = ['memory.ts']
/** Packages that need nothing of Node's. */
const PORTABLE = ['@opsmantik/tracker/contract', '@hono/zod-openapi']

const withoutTypes = (source: string): string =>
  source
    .replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
    .replace(/^(?:import|export) type [\s\S]*?from '[^']*'$/gm, '')

const IMPORT =
  /^(?:import\s+(?:[\w*{}\s,]+from\s+)?|export\s+(?:\*|\{[^}]*\})\s+from\s+)'([^']+)'/gm

const specifiersOf = (source: string): string[] =>
  [...withoutTypes(source).matchAll(IMPORT)].map(([, name]) => name!)

/** Every file that the core loads, and what those take from packages. */
const reach = (): { files: Set<string>; packages: Map<string, string> } => {
  const files = new Set<string>()
  const packages = new Map<string, string>()
  const visit = (file: string): void => {
    if (files.has(file) || file.endsWith('.json')) return
    files.add(file)
    for (const name of specifiersOf(readFileSync(file, 'utf8')))
      if (name.startsWith('.')) visit(join(dirname(file), name.replace(/\.js$/, '.ts')))
      else packages.set(name, file)
  }
  for (const name of CORE) visit(join(HERE, name))
  return { files, packages }
}

it('the core takes nothing from Node’s modules, and from packages only what runs in a page', () => {
  const { files, packages } = reach()
  expect(files.size).toBeGreaterThan(50)
  expect([...packages].filter(([name]) => !PORTABLE.includes(name))).toEqual([])
})

it('the core uses no global that only Node has', () => {
  for (const file of reach().files) {
    const found = /\b(?:Buffer|process|setImmediate|global|NodeJS)\b/.exec(
      withoutTypes(readFileSync(file, 'utf8')).replace(/'[^'\n]*'/g, ''),
    )
    expect([file, found?.[0]]).toEqual([file, undefined])
  }
})
