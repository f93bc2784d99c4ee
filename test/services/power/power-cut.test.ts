import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Random } from '../../sim/random.js'
import { buildCrashImage } from './crash-image.js'
import { cutPower, record, type PowerResult, type PowerScene } from './scene.js'

/** `POWER_IMAGES=1000 POWER_SEED=7 npx vitest run --project services test/services/power` builds more, or others. */
const IMAGES = Number(process.env['POWER_IMAGES'] ?? 30)
const SEED = Number(process.env['POWER_SEED'] ?? Date.now() % 1_000_000)
const EVENTS = 1_200

const summary = (findings: PowerResult[]) => ({
  seed: SEED,
  images: findings.length,
  acknowledged: findings.reduce((sum, { acknowledged }) => sum + acknowledged, 0),
  wrong: findings.filter(({ error, lost, surplus }) => error !== null || lost > 0 || surplus !== 0),
})

describe('power cut, embedded database', () => {
  const random = new Random(SEED)
  let scene: PowerScene
  beforeAll(async () => {
    scene = await record(EVENTS, random.fork())
  }, 120_000)
  afterAll(() => scene.remove())

  it('the recording is complete: replayed as a whole, it is the folder that the database left', () => {
    const folder = mkdtempSync(join(tmpdir(), 'opsmantik-replay-'))
    try {
      const all = { ...scene.recording, changes: [...scene.recording.changes] }
      // Every file was synced at the end, as far as this replay is concerned.
      const files = new Set(
        all.changes.flatMap((change) => ('file' in change ? [change.file] : [])),
      )
      for (const file of files) all.changes.push({ kind: 'sync', file })
      buildCrashImage(all, all.changes.length, folder, () => 0)
      expect(contents(folder)).toEqual(contents(join(scene.recording.base, '..', 'live')))
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it(
    'whatever of the unsynced writes is lost or torn, the database opens and has every acknowledged event once',
    async () => {
      const findings: PowerResult[] = []
      for (let image = 0; image < IMAGES; image++)
        findings.push(await cutPower(scene, random.fork()))
      console.info('power cuts:', JSON.stringify(summary(findings)))
      expect(summary(findings).wrong).toEqual([])
      expect(summary(findings).acknowledged).toBeGreaterThan(0)
    },
    120_000 + IMAGES * 30_000,
  )
})

it('a database that does not sync is found out: acknowledged events are missing, or it does not open', async () => {
  const random = new Random(SEED)
  const scene = await record(300, random.fork(), false)
  try {
    const findings: PowerResult[] = []
    for (let image = 0; image < 5; image++) findings.push(await cutPower(scene, random.fork()))
    expect(summary(findings).wrong).not.toEqual([])
  } finally {
    scene.remove()
  }
}, 240_000)

/** Relative path to content, of every file. */
const contents = (folder: string): Map<string, string> =>
  new Map(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .toSorted()
      .map((path) => [path.slice(folder.length + 1), readFileSync(path, 'latin1')]),
  )
