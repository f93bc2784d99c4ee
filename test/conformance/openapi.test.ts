import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { format, resolveConfig } from 'prettier'
import { expect, test } from 'vitest'
import { CONTRACT_VERSION, REFUSALS } from '../../src/contract/index.js'
import { serverChecks } from '../../cli/src/conformance/index.js'
import { appOf, runAgainst, URL_OF_APP } from './reference.js'

const FILE = fileURLToPath(new URL('../../docs/openapi.json', import.meta.url))

test('docs/openapi.json is the document that the reference server publishes', async () => {
  const response = await appOf()(new Request(`${URL_OF_APP}/openapi.json`))
  const config = await resolveConfig(FILE)
  const text = await format(await response.text(), { ...config, parser: 'json' })
  await expect(text).toMatchFileSnapshot(FILE)
})

interface Operation {
  responses: Record<string, unknown>
}

test('every response that the kit provokes is one that docs/openapi.json names', async () => {
  const document = JSON.parse(readFileSync(FILE, 'utf8')) as {
    info: { version: string }
    paths: Record<string, Record<string, Operation>>
  }
  const app = appOf()
  const seen = new Map<string, Set<string>>()
  await runAgainst(
    async (request) => {
      const response = await app(request)
      const path = new URL(request.url).pathname
      const operation = document.paths[path]?.[request.method.toLowerCase()]
      // The router refuses requests that no operation describes: 404 and 405.
      if (operation && !operation.responses[String(response.status)])
        seen.set(
          `${request.method} ${path}`,
          (seen.get(`${request.method} ${path}`) ?? new Set()).add(String(response.status)),
        )
      return response
    },
    { only: [...new Set(serverChecks.map(({ id }) => id.split('.')[0]!))] },
  )
  expect([...seen]).toEqual([])
})

test('the contract that docs/openapi.json describes has the version and the codes of the contract', () => {
  const text = readFileSync(FILE, 'utf8')
  expect(text).toContain(CONTRACT_VERSION)
  for (const code of ['ORIGIN_REQUIRED', 'SITE_MISMATCH', 'INVALID_SITE_ID', 'RATE_LIMITED'])
    expect([code, Object.keys(REFUSALS).includes(code), text.includes(code)]).toEqual([
      code,
      true,
      true,
    ])
})
