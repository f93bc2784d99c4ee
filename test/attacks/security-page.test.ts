import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const root = new URL('../../', import.meta.url)
const page = readFileSync(new URL('SECURITY.md', root), 'utf8')
const named = [...page.matchAll(/^\| .+? \| `(\S+\.test\.ts)`: (.+?) +\|$/gm)].map(
  ([, file, name]) => ({ file: file!, name: name! }),
)
const quiet = (text: string): string => text.replaceAll(/\$\{\w+\} /g, '').replaceAll('\\', '')

it('SECURITY.md has a row for each attack', () => {
  const rows = page.split('\n').filter((line) => line.startsWith('| ') && line.includes('.test.ts'))
  expect(rows.length).toBeGreaterThan(20)
  expect(named).toHaveLength(rows.length)
})

it.each(named)('$file: $name', ({ file, name }) => {
  const path = new URL(file, root)
  expect(existsSync(path)).toBe(true)
  expect(quiet(readFileSync(path, 'utf8'))).toContain(name)
})

it('each file of the permanent suite is named in SECURITY.md', () => {
  const files = readdirSync(new URL('test/attacks/', root)).filter((name) =>
    name.endsWith('.test.ts'),
  )
  const missing = files.filter((name) => !page.includes(`test/attacks/${name}`))
  expect(missing).toEqual(['security-page.test.ts'])
})
