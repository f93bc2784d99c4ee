import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { ROOT } from '../../website/stage.mjs'

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

/** Returns the names of the tracker's options, as they are declared. */
const options = (): string[] => {
  const source = ts.createSourceFile(
    'options.ts',
    read('src/tracker/options.ts'),
    ts.ScriptTarget.ESNext,
    true,
  )
  const declaration = source.statements.find(
    (statement) => ts.isInterfaceDeclaration(statement) && statement.name.text === 'Options',
  ) as ts.InterfaceDeclaration
  return declaration.members.map((member) => member.name!.getText())
}

test('docs/tracker.md has a row for every option, with its attribute', () => {
  const rows = [...read('docs/tracker.md').matchAll(/^\| `(data-ops-[\w-]+)` +\| `(\w+)` /gm)]
  expect(rows.map(([, , option]) => option).toSorted()).toEqual(options().toSorted())
  for (const [, attribute, option] of rows)
    expect(attribute).toBe(
      `data-ops-${option!.replaceAll(/[A-Z]/g, (letter) => '-' + letter.toLowerCase())}`,
    )
})
