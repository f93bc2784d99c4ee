import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (folder: string, ending: string): string =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith(ending))
    .map((name) => readFileSync(join(root, folder, name), 'utf8'))
    .join('\n')

const source = read('cli/src/doctor', '.ts')
const pages = read('docs/runbooks', '.md')

/** Findings carry their id as a literal, the proxy's and the network's after a prefix. */
const isFinding = (id: string): boolean =>
  source.includes(`'${id}'`) || source.includes(`'${id.replace(/^proxy-/, '')}'`)

it('every finding that a runbook names exists', () => {
  const named = [...pages.matchAll(/`([a-z]+(?:-[a-z\d]+)+)`/g)].map(([, id]) => id!)
  const ids = named.filter((id) => !/^(data-ops|connect-src|max-age)/.test(id))
  expect(ids.length).toBeGreaterThan(80)
  expect(ids.filter((id) => !isFinding(id))).toEqual([])
})

it('every finding is in the table of the runbooks', () => {
  // The second argument of `make`, `say` and `symptom`, and the first of those that have no severity.
  const made = [
    ...source.matchAll(
      /\b(?:make|say|warn|symptom|good)\(\s*(?:[\w.!]+,\s*)?(?:'(?:error|warning)',\s*)?'([a-z\d-]+)'/g,
    ),
  ]
    .map(([, id]) => id!)
    .filter((id) => id !== 'error' && id !== 'warning')
  expect(made.length).toBeGreaterThan(80)
  const table = readFileSync(join(root, 'docs/runbooks/README.md'), 'utf8')
  const isGood = (id: string): boolean =>
    /-good$|^reachable$|^strangers-refused$|^live-off$|^secret-not-checked$/.test(id)
  const absent = made.filter(
    (id) => !isGood(id) && !/^(proxy|live)-/.test(id) && !table.includes(`\`${id}\``),
  )
  expect(absent).toEqual([])
  const anywhere = made.filter(
    (id) => !isGood(id) && !pages.includes(id.replace(/^proxy-redirect-.*/, 'proxy-redirect-')),
  )
  expect(anywhere).toEqual([])
})
