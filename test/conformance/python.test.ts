import { afterAll, beforeAll, expect, test } from 'vitest'
import { reportProfiles, verdictSentence } from '../../cli/src/conformance/profiles.js'
import { runCommand } from '../../cli/src/conformance/node/run-command.js'
import { OTHER_SITE } from '../../server-reference/src/testing/sign.js'
import { openServer, runChecks, serverChecks } from '../../cli/src/conformance/index.js'
import { converse } from '../../cli/src/probe/node/converse.js'
import { ids, knows } from './reference.js'
import { NEXT_SECRET, startPython, type PythonServer } from './support/python.js'

/** Longer than the kit's own: other tests use the same machine. */
const CHECK_LIMIT_MS = 90_000

let server: PythonServer

beforeAll(async () => {
  server = await startPython()
})
afterAll(() => server.stop())

/** As the example's README has it: the rows of a fingerprint as JSON lines. */
const READ = `python3 -c "
import os, sqlite3
rows = sqlite3.connect(os.environ['DATABASE']).execute(
    'select fields from calls where fingerprint = ?', (os.environ['OPS_FINGERPRINT'],))
print(*(fields for fields, in rows), sep=chr(10))"`

test('the server in Python conforms with ingest, sync, limits, durable and read', async () => {
  const targetFor = await openServer({
    ...knows,
    otherSiteId: OTHER_SITE.publicId,
    url: server.url,
    nextSecret: NEXT_SECRET,
    converse,
    restart: () => server.restart(),
    readRows: (fingerprint) =>
      runCommand(READ, { DATABASE: server.database, OPS_FINGERPRINT: fingerprint }, 10_000),
  })
  const results = await runChecks(serverChecks, targetFor, {
    skip: ['live'],
    limit: CHECK_LIMIT_MS,
  })
  expect(results.filter(({ verdict }) => verdict === 'failed' || verdict === 'broken')).toEqual([])
  expect(ids(results, 'unseen').filter((id) => !id.startsWith('read.calls-'))).toEqual([
    'origin.signing-disabled',
    'socket.timeout',
  ])
  expect(server.complaints()).toBe('')
  expect(verdictSentence(reportProfiles(results), '1.0')).toBe(
    'Conformant with contract 1.0: sync, limits, durable. Conformant as far as it was looked at with contract 1.0: ingest (takes 16 s: needs --slow), read (needs --site-token-env).',
  )
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
