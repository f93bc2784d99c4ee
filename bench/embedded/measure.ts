import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openPglite } from '../../server-reference/src/store/pglite-database.js'
import { SyncedNodeFs } from '../../server-reference/src/store/synced-node-fs.js'
import type { Database } from '../../server-reference/src/store/database.js'

/** As PGlite comes: Postgres asks for a sync, and nothing happens. */
class UnsyncedNodeFs extends SyncedNodeFs {
  protected override extend(): void {}
}

const ROUNDS = 7
const COMMITS = 200
const SIZES = [1, 25]
const INSERT = `insert into public.bench (id, body)
  select i.id, i.body from json_to_recordset($1::json) as i (id uuid, body text)`

const open = async (createFs: (folder: string) => SyncedNodeFs) => {
  const folder = mkdtempSync(join(tmpdir(), 'opsmantik-embedded-'))
  const database = await openPglite(join(folder, 'postgres'), createFs)
  await database.script(`create table public.bench (id uuid primary key, body text);
    grant all on public.bench to current_user`)
  return { folder, database }
}

/** Returns the milliseconds of a commit with `size` rows. */
const perCommit = async (database: Database, size: number): Promise<number> => {
  const began = performance.now()
  for (let commit = 0; commit < COMMITS; commit++) {
    const rows = Array.from({ length: size }, () => ({
      id: crypto.randomUUID(),
      body: 'x'.repeat(400),
    }))
    await database.batch('owner', INSERT, rows)
  }
  return (performance.now() - began) / COMMITS
}

const before = await open((folder) => new UnsyncedNodeFs(folder))
const now = await open((folder) => new SyncedNodeFs(folder))
console.log('| rows in a commit | not synced, ms | synced, ms | ratio |\n| --: | --: | --: | --: |')
for (const size of SIZES) {
  let [unsynced, synced] = [Infinity, Infinity]
  // The least of several rounds, taken in turns: other programs only ever add to it.
  for (let round = 0; round < ROUNDS; round++) {
    unsynced = Math.min(unsynced, await perCommit(before.database, size))
    synced = Math.min(synced, await perCommit(now.database, size))
  }
  const [a, b] = [unsynced, synced].map((ms) => ms.toFixed(2))
  console.log(`| ${size} | ${a} | ${b} | ${(synced / unsynced).toFixed(1)} |`)
}
for (const { database, folder } of [before, now]) {
  await database.close()
  rmSync(folder, { recursive: true })
}
