import type { DatabaseMode } from './database.js'
import type { Device, SimulatedTab } from './device.js'
import { markOf } from './intent.js'
import type { Happening } from './plan.js'
import type { Random } from './random.js'
import type { Sim } from './sim.js'

const SECOND = 1_000
const HOUR = 3_600 * SECOND

type Start = (sim: Sim, device: Device, random: Random) => (() => void) | undefined | void

const aTab = (device: Device, random: Random): SimulatedTab | undefined => {
  const { open } = device
  return open.length > 0 ? random.pick(open) : undefined
}

const storage =
  (mode: Device['storage']['mode']): Start =>
  (_, { storage: its }) => {
    its.mode = mode
    return () => (its.mode = 'works')
  }

const database =
  (mode: DatabaseMode): Start =>
  ({ clock }, device) => {
    device.database.mode = mode
    device.databaseSince = Infinity
    return () => {
      device.database.resume()
      device.databaseSince = clock.now
    }
  }

/** Starts each fault and returns a function that ends it. A fault that returns nothing ends immediately. */
const STARTS: Record<Happening, Start> = {
  'tab opened': (_, device) => void (device.open.length < 4 && device.openTab()),
  'tab killed': (_, device, random) => aTab(device, random)?.die('by its user'),
  'tab killed between two steps': (_, device, random) => {
    const page = aTab(device, random)?.page
    page?.dieAfter(random.below(8))
    return () => page?.dieAfter(Infinity)
  },
  'tab frozen': (_, device, random) => {
    const page = aTab(device, random)?.page
    page?.freeze()
    return () => page?.restore()
  },
  'tab throttled': (_, device, random) => {
    const page = aTab(device, random)?.page
    if (!page) return undefined
    page.throttle = random.pick([1_000, 1_000, 60_000])
    return () => (page.throttle = 0)
  },
  'tracker destroyed': (_, device, random) => aTab(device, random)?.destroy(),
  'storage full': storage('full'),
  'storage throws': storage('throws'),
  'storage flaky': storage('flaky'),
  'storage cleared': (_, device, random) =>
    random.chance(0.5) ? device.storage.clear() : device.clear(),
  'database blocked': database('blocked'),
  'database full': database('full'),
  'database hangs': database('hangs'),
  'browser killed': (_, device) => device.kill(),
  'clock set': (_, device, random) => {
    const by = random.weighted([
      [4, random.between(-HOUR, HOUR)],
      [2, random.between(-20 * SECOND, 20 * SECOND)],
      [1, random.between(-30 * HOUR, 30 * HOUR)],
      [0.5, random.pick([-1, 1]) * 8 * 24 * HOUR],
    ])
    device.setClock(by)
  },
  offline: (_, device) => {
    device.offline = true
    return () => {
      device.offline = false
      for (const { page } of device.open) page.dispatch('online')
    }
  },
  'server down': ({ server }) => {
    server.down = true
    return () => (server.down = false)
  },
  'server restarted': ({ server }) => server.restart(),
  'inserts fail': ({ server }, _, random) => {
    server.failing = random.pick([0.3, 0.7, 1])
    return () => (server.failing = 0)
  },
  'inserts slow': ({ server }, _, random) => {
    server.slow = random.pick([0.3, 0.7, 1])
    return () => (server.slow = 0)
  },
  'replay cache gone': ({ server }) => {
    server.cache = 'forgets'
    return () => (server.cache = 'works')
  },
  'origin forgotten': ({ server }) => {
    server.closed = true
    return () => (server.closed = false)
  },
}

/** Puts the whole story of one device, with all that happens to it, into the queue. */
export const schedule = (sim: Sim, device: Device, random: Random, firstMark: number): void => {
  const { clock, plan, trace } = sim
  const until = clock.now + plan.lasts
  device.openTab()
  for (let n = 0; n < plan.presses; n++)
    // Mostly early, so that much can happen to it.
    clock.after(plan.lasts * random.next() ** 2 * 0.95, () => {
      const tab = random.pick(device.open.length > 0 ? device.open : [device.openTab()])
      if (tab.page.frozen) return
      tab.press(markOf(firstMark + n))
      // A phone that opens its dialler and kills the browser.
      if (plan.often['browser killed'] > 0 && random.chance(0.3))
        clock.after(random.between(300, 9_000), () => {
          if (clock.now < until) device.kill()
        })
    })
  const endings: (() => void)[] = []
  for (const [kind, often] of Object.entries(plan.often) as [Happening, number][])
    for (let n = 0; n < often; n++) {
      const from = plan.lasts * random.next() * 0.99
      const to = from + (plan.lasts - from) * random.next() ** 3
      clock.after(from, () => {
        trace?.(`${device.name} ${kind}`)
        const end = STARTS[kind](sim, device, random)
        if (!end) return
        endings.push(end)
        clock.after(to - from, () => {
          trace?.(`${device.name} ${kind}: over`)
          end()
        })
      })
    }
  clock.after(plan.lasts, () => {
    for (const end of endings) end()
    device.openTab()
  })
}
