import { readFileSync } from 'node:fs'
import { REFUSALS, WARNINGS } from '@opsmantik/tracker/contract'
import { expect, it } from 'vitest'
import { PACKAGE_ROOT } from '../package-root.js'
import { readConfig } from './config.js'
import { defaultOf, VARIABLES, type VariableName } from './variable-table.js'

const NAMES = Object.keys(VARIABLES) as VariableName[]

/** Names that `readConfig` asks for. */
const asked = (): Set<string> => {
  const names = new Set<string>()
  readConfig(
    new Proxy<Record<string, string | undefined>>(
      {},
      {
        get: (_, name) => {
          names.add(String(name))
          return undefined
        },
      },
    ),
  )
  return names
}

it('the configuration reads every variable of the table, and no other', () => {
  expect([...asked()].toSorted()).toEqual(NAMES.toSorted())
})

it('the README has the table', () => {
  const cell = (text: string): string => text.replaceAll('|', '\\|')
  const expected = NAMES.map(
    (name) => `\`${name}\` / ${cell(defaultOf(name))} / ${cell(VARIABLES[name].meaning)}`,
  )
  const readme = readFileSync(new URL('README.md', PACKAGE_ROOT), 'utf8')
  const section = readme.slice(readme.indexOf('## Configuration')).split('\n## ')[0]!
  const rows = [...section.matchAll(/^\| (`[A-Z_\d]+`) +\| (.+?) +\| (.+?) +\|$/gm)]
  expect(rows.map(([, name, fallback, meaning]) => `${name} / ${fallback} / ${meaning}`)).toEqual(
    expected,
  )
})

it('each default is what the configuration has without the variable', () => {
  const config = readConfig({})
  expect(config).toMatchObject({
    port: VARIABLES.PORT.fallback,
    host: VARIABLES.HOST.fallback,
    dataDir: VARIABLES.DATA_DIR.fallback,
    trustedHops: VARIABLES.TRUSTED_PROXY_HOPS.fallback,
    redisPatienceMs: VARIABLES.REDIS_PATIENCE_MS.fallback,
    logLevel: VARIABLES.LOG_LEVEL.fallback,
    limits: { coarse: VARIABLES.RATE_LIMIT_COARSE.fallback, v1: VARIABLES.RATE_LIMIT_V1.fallback },
  })
})

it('neither the contract nor the server’s page names a variable that the server does not know', () => {
  const known = [...NAMES, ...Object.keys(REFUSALS), ...Object.keys(WARNINGS)] as string[]
  for (const page of ['contract.md', 'reference-server.md']) {
    const text = readFileSync(new URL(`../docs/${page}`, PACKAGE_ROOT), 'utf8')
    const named = [...text.matchAll(/`([A-Z]+(?:_[A-Z\d]+)+)[`=]/g)].map(([, name]) => name!)
    expect(named.length, page).toBeGreaterThan(4)
    // A constant of the packages, which the section on versions names.
    expect(
      named.filter((name) => ![...known, 'CONTRACT_VERSION'].includes(name)),
      page,
    ).toEqual([])
  }
})
