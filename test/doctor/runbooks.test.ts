import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { FINDING_IDS } from '../../cli/src/doctor/index.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (folder: string, ending: string): string =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith(ending))
    .map((name) => readFileSync(join(root, folder, name), 'utf8'))
    .join('\n')

const pages = read('docs/runbooks', '.md')

it('every finding that a runbook names exists', () => {
  const named = [...pages.matchAll(/`([a-z]+(?:-[a-z\d]+)+)`/g)].map(([, id]) => id!)
  const ids = named.filter((id) => !/^(data-ops|connect-src|max-age)/.test(id))
  expect(ids.length).toBeGreaterThan(80)
  expect(ids.filter((id) => !FINDING_IDS.some((one) => one === id))).toEqual([])
})

it('every finding is in the table of the runbooks', () => {
  const table = readFileSync(join(root, 'docs/runbooks/README.md'), 'utf8')
  const isGood = (id: string): boolean =>
    /-good$|^reachable$|^strangers-refused$|^live-off$|^secret-not-checked$/.test(id)
  const absent = FINDING_IDS.filter(
    (id) => !isGood(id) && !/^(proxy|live)-/.test(id) && !table.includes(`\`${id}\``),
  )
  expect(absent).toEqual([])
  // The network, TLS and redirects have the same ids for a proxy, after its prefix.
  const bare = (id: string): string => {
    const rest = id.replace(/^proxy-/, '')
    return FINDING_IDS.some((one) => one === rest) ? rest : id
  }
  const anywhere = FINDING_IDS.filter((id) => !isGood(id) && !pages.includes(`\`${bare(id)}\``))
  expect(anywhere).toEqual([])
})
