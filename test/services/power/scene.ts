import { randomUUID } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { migrate } from '../../../server-reference/src/store/migrate.js'
import { openPglite } from '../../../server-reference/src/store/pglite-database.js'
import { createSqlStore } from '../../../server-reference/src/store/sql-store.js'
import { withTestSites } from '../../../server-reference/src/testing/database.js'
import { SITE } from '../../../server-reference/src/testing/sign.js'
import type { Random } from '../../sim/random.js'
import { buildCrashImage } from './crash-image.js'
import { RecordingFs, type Recording } from './recording-fs.js'

/** A recorded run of the embedded database, and what it acknowledged. */
export interface PowerScene {
  readonly recording: Recording
  /** Every event that was sent. */
  readonly sent: ReadonlySet<string>
  /** Event id to the number of changes that had happened when it was acknowledged. */
  readonly acknowledged: ReadonlyMap<string, number>
  remove(): void
}

/** Events that are on their way at the same time. */
const CLIENTS = 24
/** A checkpoint writes the tables' own pages and lets the log's files be used again: the riskiest moment of all. */
const EVENTS_PER_CHECKPOINT = 150

/** Records the embedded database while events come in. */
export const record = async (events: number, random: Random, syncs = true): Promise<PowerScene> => {
  const folder = mkdtempSync(join(tmpdir(), 'opsmantik-power-'))
  let files: RecordingFs | undefined
  const inner = await openPglite(
    join(folder, 'live'),
    (path) => (files = new RecordingFs(path, syncs)),
  )
  await migrate(inner)
  const { database } = await withTestSites(inner)
  await database.query('owner', 'checkpoint')
  const recording = files!.start(join(folder, 'base'))

  const store = createSqlStore(database)
  const sent = new Set<string>()
  const acknowledged = new Map<string, number>()
  const client = async (): Promise<void> => {
    while (sent.size < events) {
      const eventId = randomUUID()
      sent.add(eventId)
      if (sent.size % EVENTS_PER_CHECKPOINT === 0) await database.query('owner', 'checkpoint')
      await store.recordCall({
        siteId: SITE.id,
        endpoint: '/api/call-event/v2',
        event: {
          site_id: SITE.publicId,
          fingerprint: 'v'.repeat(1 + random.below(100)),
          event_id: eventId,
          intent_page_url: `https://shop.example/${'p'.repeat(random.below(1_500))}`,
        },
        replayKey: null,
        digest: 'aa'.repeat(32),
      })
      acknowledged.set(eventId, files!.length)
    }
  }
  await Promise.all(Array.from({ length: CLIENTS }, client))
  await store.close()
  return { recording, sent, acknowledged, remove: () => rmSync(folder, { recursive: true }) }
}

/** The finding on one crash image. */
export interface PowerResult {
  /** Changes that had happened when the power went, of all that were recorded. */
  cut: number
  /** Null: the database opened. */
  error: string | null
  /** Events that had been acknowledged by then. */
  acknowledged: number
  /** Of these, how many were not there. */
  lost: number
  /** Number of rows beyond the events: an event that is there twice, or one that was never sent. */
  surplus: number
}

/** Cuts the power at a random change, opens what is left, and compares its rows with what had been acknowledged. */
export const cutPower = async (scene: PowerScene, random: Random): Promise<PowerResult> => {
  const { recording, acknowledged, sent } = scene
  const cut = random.below(recording.changes.length + 1)
  // In memory if possible: the image is written once, read once, and removed.
  const folder = mkdtempSync(
    join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'opsmantik-image-'),
  )
  const due = [...acknowledged].filter(([, at]) => at <= cut).map(([eventId]) => eventId)
  const finding = { cut, error: null, acknowledged: due.length, lost: 0, surplus: 0 }
  try {
    buildCrashImage(recording, cut, folder, random.next)
    const database = await openPglite(folder)
    try {
      const rows = await database.query<{ event_id: string }>(
        'owner',
        'select event_id::text from public.calls',
      )
      const found = new Set(rows.map(({ event_id }) => event_id).filter((id) => sent.has(id)))
      return {
        ...finding,
        lost: due.filter((eventId) => !found.has(eventId)).length,
        surplus: rows.length - found.size,
      }
    } finally {
      await database.close()
    }
  } catch (error) {
    return { ...finding, error: String(error) }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
