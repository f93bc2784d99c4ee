/** Seconds after the last press at which the visitor opens another page of the shop. */
const OPENED_AT = [3, 13, 25]
/** Parts of that page, each of which the shop takes a little time for: they share the connections with the tracker. */
const PARTS = 8
/** Milliseconds by which two pages that are opened one after the other may differ on a busy machine. */
const TOLERANCE = 500
/** Contract section 13. */
const IN_FLIGHT_MAX = 4

/**
 * Ten presses whose requests are accepted and never answered, by the site's own host if there is a proxy (HTTP/1.1, six
 * connections). The site's next page has to open as fast as one that has no tracker.
 *
 * @type {import('./rows.mjs').Row}
 */
export const hangingRow = {
  name: 'ten requests hang, the site still opens',
  presses: 10,
  unread: true,
  async play(stage) {
    const [visitor] = stage.visitors
    if (!visitor) return
    const { world } = stage
    /** @param {string} url */
    const open = async (url) => {
      const tab = await stage.browser.tab(visitor.number)
      const began = Date.now()
      await tab.open(url)
      const ms = Date.now() - began
      await tab.close()
      return ms
    }
    await stage.load()
    stage.faults.hangs = true
    await stage.pressAll()
    const pressed = Date.now()
    const pairs = []
    let inFlight = 0
    for (const seconds of OPENED_AT) {
      await stage.sleep(Math.max(0, pressed + seconds * 1000 - Date.now()))
      // Counts only the page that was pressed on, before it aborts: a browser does not immediately close an aborted
      // connection, and another page has its own requests.
      inFlight ||= world.recorder.mostOpen
      pairs.push([
        await open(world.shop(visitor.number, { parts: PARTS })),
        await open(world.bare(PARTS)),
      ])
    }
    world.recorder.stopHanging()
    const times = pairs.map(([shop, bare]) => `${shop} (${bare})`).join(', ')
    stage.notes.push(
      `opens in ${times} ms`,
      `${inFlight} in flight, ${world.recorder.mostOpen} open at most`,
    )
    if (inFlight > IN_FLIGHT_MAX) throw new Error(`${inFlight} requests in flight`)
    if (pairs.some(([shop = 0, bare = 0]) => shop > 2 * bare + TOLERANCE))
      throw new Error(`the site opens in ${times} ms; in parentheses without a tracker`)
  },
}
