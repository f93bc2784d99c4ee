import { readFileSync } from 'node:fs'
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

it('the contract names no variable that the server does not know', () => {
  const contract = readFileSync(new URL('../docs/contract.md', PACKAGE_ROOT), 'utf8')
  const section = /## 15\..*?(?=\n## 16\.)/s.exec(contract)![0]
  const cells = [...section.matchAll(/^\| (`.+?`.*?) +\|/gm)].map(([, first]) => first!)
  const named = cells.flatMap((first) => {
    const words = [...first.matchAll(/`([A-Z_\d]+)(?:=[a-z]+)?`/g)].map(([, word]) => word!)
    // `RATE_LIMIT_COARSE`, `_V1` stands for RATE_LIMIT_V1.
    return words.map((word) => (word.startsWith('_') ? `RATE_LIMIT${word}` : word))
  })
  expect(named.length).toBeGreaterThan(15)
  expect(named.filter((name) => !(NAMES as string[]).includes(name))).toEqual([])
})
