/** Seconds after the last press at which the visitor opens another page of the shop. */
const OPENED_AT = [0.2, 5, 13, 25]
/** Parts of that page, each of which the shop takes a little time for: they share the connections with the tracker. */
const PARTS = 8
/** Milliseconds by which a busy machine alone may differ. */
const TOLERANCE = 400

/**
 * Ten presses whose requests are accepted and never answered, by the site's own host where there is a proxy (HTTP/1.1,
 * six connections). The site's next page has to open as fast as before the presses.
 *
 * @type {import('./rows.mjs').Row}
 */
export const hangingRow = {
  name: 'ten requests hang, the site still opens',
  presses: 10,
  async play(stage) {
    const [visitor] = stage.visitors
    if (!visitor) return
    await stage.load()
    const open = async () => {
      const tab = await stage.browser.tab(visitor.number)
      const began = Date.now()
      await tab.open(stage.world.shop(visitor.number, { parts: PARTS }))
      const ms = Date.now() - began
      await tab.close()
      return ms
    }
    await open()
    const before = await open()
    stage.faults.hangs = true
    await stage.pressAll()
    const pressed = Date.now()
    const times = []
    for (const seconds of OPENED_AT) {
      await stage.sleep(Math.max(0, pressed + seconds * 1000 - Date.now()))
      times.push(await open())
    }
    stage.world.recorder.stopHanging()
    stage.notes.push(
      `opens in ${before} ms, then ${times.join(', ')}`,
      `${stage.world.recorder.mostOpen} open at most`,
    )
    const slow = times.filter((ms) => ms > before + TOLERANCE)
    if (slow.length) throw new Error(`the site opens in ${before} ms, then ${times.join(', ')}`)
  },
}
