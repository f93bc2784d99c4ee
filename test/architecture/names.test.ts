import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const FOLDERS = 'src server-reference/src testing/src cli/src test bench scripts'.split(' ')

/** The text of every module of the repository by its path. A declaration file repeats what another package exports. */
const modules = new Map(
  FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /(?<!\.d)\.(ts|mjs)$/.test(name) && !name.includes('node_modules'))
      .map((name): [string, string] => [
        `${folder}/${name}`,
        readFileSync(join(ROOT, folder, name), 'utf8'),
      ]),
  ),
)

interface ExportedName {
  name: string
  file: string
  isType: boolean
}

/** Returns what a module declares and exports by name. What it exports from elsewhere is the other module's. */
const exportsOf = (file: string, text: string): ExportedName[] =>
  [
    ...text.matchAll(/^export (?:declare |async )*(type|interface|class|const|function) (\w+)/gm),
  ].map(([, kind, name]) => ({
    name: name!,
    file,
    isType: ['type', 'interface', 'class'].includes(kind!),
  }))

/** Returns a sentence for each exported type whose name another module has given to a type of its own. */
const findHomonyms = (sources: ReadonlyMap<string, string>): string[] => {
  const files = new Map<string, string[]>()
  for (const [file, text] of sources)
    for (const { name, isType } of exportsOf(file, text))
      if (isType) files.set(name, [...(files.get(name) ?? []), file])
  return [...files]
    .filter(([, places]) => places.length > 1)
    .map(([name, places]) => `${name}: ${places.join(', ')}`)
}

const DOM = readFileSync(join(ROOT, 'node_modules/typescript/lib/lib.dom.d.ts'), 'utf8')

/** Names that every module of Node sees, and those of the DOM's values in TypeScript's declarations. */
const globals = new Set(Object.getOwnPropertyNames(globalThis))
for (const [, name] of DOM.matchAll(/^declare var ([A-Z]\w+)/gm)) globals.add(name!)

const findShadows = (sources: ReadonlyMap<string, string>): string[] =>
  [...sources].flatMap(([file, text]) =>
    exportsOf(file, text)
      .filter(({ name }) => globals.has(name))
      .map(({ name }) => `${file}: ${name}`),
  )

test('the name of an exported type has one meaning', () => {
  expect(modules.size).toBeGreaterThan(700)
  expect(findHomonyms(modules)).toEqual([])
})

test('no exported name is that of a global', () => {
  expect(findShadows(modules)).toEqual([])
})

test('a second meaning and a shadow are seen', () => {
  const planted = new Map([
    ['src/a.ts', 'export interface Verdict {}\nexport const sign = 1\nexport class Touch {}'],
    ['cli/src/b.ts', "export type Verdict = 'passed'\nexport const sign = 2"],
    ['test/c.mjs', "export * from './a.js'\nexport const Headers = {}"],
  ])
  expect(findHomonyms(planted)).toEqual(['Verdict: src/a.ts, cli/src/b.ts'])
  expect(findShadows(planted)).toEqual(['src/a.ts: Touch', 'test/c.mjs: Headers'])
})
