import { configurationRows } from './configuration-rows.mjs'
import { until } from './engines/engine.mjs'
import { hangingRow } from './hanging-row.mjs'

/** @typedef {import('./stage.mjs').Stage} Stage */

/**
 * @typedef {object} Row
 * @property {string} name
 * @property {(stage: Stage) => Promise<unknown>} play presses everything; events that have not arrived by then may
 *   still come
 * @property {Partial<import('./recorder.mjs').Faults>} [faults] from the beginning
 * @property {boolean} [unread] true if a response may come too late to be read, because a press has left its page or
 *   the request was aborted: the event may then be delivered twice
 * @property {boolean} [peers] one of the rows that peers are put through too
 * @property {'proxy' | 'signed'} [only] `proxy`: with either build
 * @property {number} [presses] instead of the requested number, and all by one visitor
 * @property {number} [bound] milliseconds that events may take after the last press
 * @property {number} [silence] milliseconds without any request that such a row may have
 */

const BFCACHE_PRESSES = 5

/** @type {Row[]} */
export const rows = [
  ...[0, 50, 300].map((delay) => ({
    name: `same-tab navigation, ${delay} ms`,
    faults: { delay },
    play: (/** @type {Stage} */ stage) => stage.leave('link'),
    unread: true,
    peers: true,
  })),
  {
    name: 'tel: link',
    // Headless Chromium's dialler question swallows what is pressed later in that tab.
    play: (stage) => stage.pressAndClose('tel', (name) => stage.arrival(name)),
    // The tab is closed once the server has the event, which may be before the page has the response.
    unread: true,
    peers: true,
  },
  {
    name: 'target=_blank',
    play: (stage) => stage.load({ kind: 'blank' }).then(() => stage.pressAll()),
    peers: true,
  },
  { name: 'form submission', play: (stage) => stage.leave('form'), unread: true, peers: true },
  {
    name: 'tab closed at once',
    faults: { delay: 50 },
    play: (stage) => stage.pressAndClose('buttons'),
    unread: true,
    peers: true,
  },
  { name: '503 twice', faults: { refuse: 2 }, play: staying(), peers: true },
  {
    name: 'server gone for 5 s',
    async play(stage) {
      await stage.load()
      await stage.world.gone()
      await stage.pressAll()
      await stage.sleep(5_000)
      await stage.world.back()
    },
    peers: true,
  },
  { name: 'server slow, 10 s', faults: { delay: 10_000 }, play: staying() },
  {
    name: 'offline for 5 s',
    async play(stage) {
      await stage.load()
      await stage.offline()
      await stage.pressAll()
      await stage.sleep(5_000)
      await stage.online()
    },
    peers: true,
  },
  {
    name: '429, Retry-After 5 s',
    faults: { limit: 1, retryAfter: 5 },
    play: staying(),
    peers: true,
  },
  {
    name: 'tab closed offline, opened later',
    async play(stage) {
      await stage.load()
      await stage.offline()
      await stage.pressAll()
      await stage.each(async (visitor) => {
        for (const tab of visitor.tabs) await stage.shut(visitor, tab)
      })
      await stage.online()
    },
    peers: true,
  },
  {
    name: 'CORS wrong for 4 s',
    faults: { cors: false },
    async play(stage) {
      // Proxy mode needs CORS if the proxy is on a separate origin.
      await stage.load({ far: 1 })
      await stage.pressAll()
      await stage.sleep(4_000)
      stage.faults.cors = true
    },
  },
  ...[3_600_000, -3_600_000].map((skew) => ({
    name: `device clock ${skew > 0 ? 'behind' : 'ahead'} 1 h`,
    faults: { skew },
    play: staying(),
    only: /** @type {const} */ ('signed'),
  })),
  ...['blocked', 'full'].map((storage) => ({
    name: `storage ${storage}, 503 once`,
    faults: { refuse: 1 },
    play: staying({ storage }),
  })),
  {
    name: 'two tabs drain at once',
    async play(stage) {
      await stage.load({}, 2)
      await stage.world.gone()
      await stage.pressAll()
      await stage.world.back()
    },
  },
  {
    name: 'bfcache, requests in flight',
    faults: { delay: 1_500 },
    play: awayAndBack,
    unread: true,
  },
  {
    name: 'localStorage.clear() after each press, 503 once',
    faults: { refuse: 1 },
    async play(stage) {
      await stage.load()
      await stage.pressAll('localStorage.clear()')
    },
  },
  {
    name: 'localStorage.clear(), tab closed, server gone',
    async play(stage) {
      await stage.load()
      await stage.world.gone()
      await stage.pressAll()
      // By then requests have failed, and the writes that follow a press are done.
      await stage.sleep(1_000)
      await stage.each(async (visitor) => {
        for (const tab of visitor.tabs) {
          await tab.run('localStorage.clear()')
          await stage.shut(visitor, tab)
        }
      })
      await stage.world.back()
    },
  },
  ...configurationRows,
  hangingRow,
]

/**
 * Presses on pages that stay.
 *
 * @param {Record<string, string>} [query]
 * @returns {(stage: Stage) => Promise<void>}
 */
function staying(query) {
  return async (stage) => {
    await stage.load(query)
    await stage.pressAll()
  }
}

/**
 * A few presses, away at once, and back: every second time before the answers have come, else after.
 *
 * @param {Stage} stage
 */
async function awayAndBack(stage) {
  let visits = 0
  let restored = 0
  await stage.each(async (visitor) => {
    const { number, first, names } = visitor
    const tab = await stage.enter(visitor)
    for (let i = 0; i < names.length; i += BFCACHE_PRESSES) {
      const some = names.slice(i, i + BFCACHE_PRESSES)
      const query = { kind: 'buttons', first: first + i, count: some.length }
      const url = stage.world.shop(number, query)
      await tab.open(url)
      for (const name of some) await tab.press(name)
      await tab.press('away')
      await tab.reached(stage.world.elsewhere)
      if (visits++ % 2) await stage.sleep(2_500)
      await tab.back()
      const shown = `location.href === '${url}' && window.restored !== undefined`
      if (!(await until(() => tab.run(shown).catch(() => false), 5_000)))
        throw new Error('no page after going back')
      if (await tab.run('window.restored')) restored++
    }
  })
  stage.notes.push(`restored ${restored} of ${visits}`)
}
