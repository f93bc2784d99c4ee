import { afterAll, beforeAll, expect, test } from 'vitest'
import { OTHER_SITE } from '../../server-reference/src/testing/sign.js'
import { openServer, runChecks, serverChecks } from '../../cli/src/conformance/index.js'
import { converse } from '../../cli/src/conformance/node/converse.js'
import { ids, knows } from './reference.js'
import { NEXT_SECRET, startPython, type PythonServer } from './support/python.js'

let server: PythonServer

beforeAll(async () => {
  server = await startPython()
})
afterAll(() => server.stop())

test('the server in Python conforms with ingest, sync and limits', async () => {
  const targetFor = await openServer({
    ...knows,
    otherSiteId: OTHER_SITE.publicId,
    url: server.url,
    nextSecret: NEXT_SECRET,
    converse,
  })
  const results = await runChecks(serverChecks, targetFor, { skip: ['live'] })
  expect(results.filter(({ verdict }) => verdict === 'failed' || verdict === 'broken')).toEqual([])
  expect(ids(results, 'unseen')).toEqual(['origin.signing-disabled', 'socket.timeout'])
  expect(server.complaints()).toBe('')
})

test('it ends with 0 on SIGTERM, and refuses to start without origins or with a short secret', async () => {
  const own = await startPython()
  expect(await own.stop('SIGTERM')).toBe(0)
  await expect(startPython([], { ALLOWED_ORIGINS: '' })).rejects.toThrow(
    'ALLOWED_ORIGINS is missing',
  )
  await expect(startPython([], { ALLOWED_ORIGINS: 'shop.example' })).rejects.toThrow('is no origin')
  await expect(startPython([], { SITES: `${'a'.repeat(32)}:short` })).rejects.toThrow(
    'at least 16 characters',
  )
})
