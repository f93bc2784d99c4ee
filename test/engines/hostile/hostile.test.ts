import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { inParallel } from '../../../bench/delivery/in-parallel.mjs'
import { Random } from '../../sim/random.js'
import { drive, ENGINES, type DrivenEngine } from '../drive.js'
import { BUILDS } from '../site.js'
import { startHostileSite } from './hostile-site.js'
import { PIECES, type Piece } from './pieces.js'

/** `HOSTILE_SEEDS=200` tries more pages; a failure names the seed, and `HOSTILE_FROM` begins with it. */
const SEEDS = Number(process.env['HOSTILE_SEEDS'] ?? 8)
const FROM = Number(process.env['HOSTILE_FROM'] ?? 1)
/** Pages at the same time. */
const WIDTH = 4
/** Milliseconds in which a loop would send again. */
const QUIET = 1_000
const MINUTES = 60_000
/** The targets of the presses on each page: a link, and a form whose fields have the names of its properties. */
const TARGETS = ['+905000000001', 'room-7']

describe.each(ENGINES.flatMap((name) => BUILDS.map((build) => [name, build] as const)))(
  'a hostile page in %s with dist/%s',
  (name, build) => {
    let engine: DrivenEngine
    beforeAll(async () => {
      engine = await drive(name)
    })
    afterAll(() => engine?.close())

    /** Returns the faults on a page that is made of these pieces. */
    const visit = async (pieces: Piece[]): Promise<string[]> => {
      const site = await startHostileSite(pieces, build)
      const tab = await engine.tab()
      const shown: string[] = []
      tab.page?.on('console', (message) => shown.push(message.text()))
      try {
        await tab.open(site.blank)
        await tab.run(`void eval(${JSON.stringify(site.earlier)})`)
        await tab.open(site.url)
        // By position if that works: the page may have overwritten the names that a driver needs to find an element.
        await (tab.page ? tab.page.mouse.click(20, 20) : tab.press('phone'))
        await (tab.page ? tab.page.mouse.click(20, 120) : tab.press('send'))
        const arrived = TARGETS.map(
          (target) => () => site.bodies.filter((body) => body.includes(`"${target}"`)).length,
        )
        await vi
          .waitUntil(() => arrived.every((count) => count()), { timeout: 8_000 })
          .catch(() => {})
        await new Promise((resolve) => setTimeout(resolve, QUIET))
        // As a text: the page may have changed what becomes of a list.
        const said = await tab.run<string>(`said.join('\\n')`)
        return [
          ...arrived.flatMap((count, i) =>
            count() === 1 ? [] : `${TARGETS[i]} arrived ${count()} times`,
          ),
          ...site.faults(),
          ...said.split('\n').filter(Boolean),
          ...shown,
        ]
      } catch (error) {
        return [`${error}`.split('\n')[0]!]
      } finally {
        await tab.close()
        site.stop()
      }
    }

    /** The names of those pages on which something went wrong, and what. */
    const visitAll = async (pages: { name: string; pieces: Piece[] }[]) => {
      const found: Record<string, string[]> = {}
      await inParallel(pages, WIDTH, async (page) => {
        const problems = await visit(page.pieces)
        if (problems.length > 0) found[page.name] = problems
      })
      return found
    }

    // Each alone shows which one it is; the other engines meet them in the seeds below.
    if (name === 'chromium')
      it(
        'sees no error and no console line, whichever piece it is made of, and the press arrives once and valid',
        async () => {
          expect(
            await visitAll(PIECES.map((piece) => ({ name: piece.name, pieces: [piece] }))),
          ).toEqual({})
        },
        5 * MINUTES,
      )

    it(
      `is as quiet with several pieces at once (${SEEDS} seeds)`,
      async () => {
        const pages = Array.from({ length: SEEDS }, (_, i) => {
          const random = new Random(FROM + i)
          const pieces = Array.from({ length: random.between(3, 7) }, () => random.pick(PIECES))
          return {
            name: `seed ${FROM + i}: ${pieces.map((piece) => piece.name).join(' + ')}`,
            pieces,
          }
        })
        expect(await visitAll(pages)).toEqual({})
      },
      5 * MINUTES,
    )
  },
)
