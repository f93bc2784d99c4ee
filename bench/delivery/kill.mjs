import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sleep, until } from './engines/engine.mjs'
import { pressNames } from './pages.mjs'

/** Each is a visitor of one press, and two starts of a browser. */
export const KILL_TRIES = 4

/**
 * A press, and the whole browser is killed; then the same profile is opened again on a page of the shop.
 *
 * @param {import('./engines/engine.mjs').Engine} engine
 * @param {import('./world.mjs').World} world with as many visitors as tries
 * @param {{ after: number, gone: boolean }} kill
 * @param {number} bound milliseconds that an event may take after the browser has come back
 */
export async function playKill(engine, world, { after, gone }, bound) {
  const { recorder, told } = world
  const names = pressNames(0, world.visitors)
  const profiles = await Promise.all(names.map(() => mkdtemp(join(tmpdir(), 'opsmantik-kill-'))))
  let held = 0
  try {
    if (gone) await world.gone()
    for (const [i, name] of names.entries()) {
      const page = { kind: 'buttons', first: i, count: 1 }
      const profile = profiles[i] ?? ''
      const url = world.shop(i, engine.drives ? page : { ...page, auto: name })
      const browser = await engine.visit(profile, url)
      if (browser.press) await browser.press(name)
      else await until(() => told.has(`pressed ${i}`), 20_000, 5)
      await sleep(after * 1000)
      await browser.kill()
    }
    if (gone) await world.back()
    for (const [i, name] of names.entries()) {
      const began = Date.now()
      const browser = await engine.visit(profiles[i] ?? '', world.shop(i, { tell: 1 }))
      const kept = () => told.get(`kept ${i}`)?.includes(name)
      const heard = () => told.has(`kept ${i}`) && Date.now() - began > 2_000
      await until(() => heard() && !kept(), bound, 100)
      if (kept() && !recorder.arrived().has(name)) held++
      await browser.kill()
    }
  } finally {
    for (const profile of profiles) await rm(profile, { recursive: true, force: true })
  }
  return { sent: names.length, held, kept: held }
}
