import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { FolderInUse } from './data-folder-lock.js'
import { openEmbedded } from './embedded.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'opsmantik-embedded-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

it('a database that was killed while it was made is moved aside, a whole one is kept and locked', async () => {
  mkdirSync(join(folder, 'postgres'))
  writeFileSync(join(folder, 'postgres', 'PG_VERSION'), '18')
  const first = await openEmbedded(folder)
  await expect(openEmbedded(folder)).rejects.toBeInstanceOf(FolderInUse)
  await first.query('owner', "insert into public.sites (name) values ('kept')")
  await first.close()
  expect(readdirSync(folder).some((name) => name.startsWith('postgres.unfinished-'))).toBe(true)

  const second = await openEmbedded(folder)
  expect(await second.query('owner', 'select name from public.sites')).toEqual([{ name: 'kept' }])
  await second.close()
}, 30_000)
