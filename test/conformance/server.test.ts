import { expect, test } from 'vitest'
import { appOf, ids, runAgainst } from './reference.js'

test('the reference server conforms', async () => {
  const results = await runAgainst(appOf())
  for (const r of results) if (r.verdict !== 'passed') console.log(r.id, r.verdict, r.reason)
  expect(ids(results, 'failed')).toEqual([])
  expect(ids(results, 'broken')).toEqual([])
})
