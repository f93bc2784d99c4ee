import type { Logger } from 'pino'
import type { Database } from '../database.js'
import { convert } from './convert.js'
import { createMonths } from './create-months.js'
import { forget, retain } from './retain.js'

const MINUTE_MS = 60_000

/** How often the log hears again of a piece of upkeep that fails. */
const COMPLAIN_MS = 60 * MINUTE_MS

interface Task {
  name: string
  everyMinutes: number
  run(): Promise<unknown>
}

export interface Upkeep {
  /** Resolves when what runs at the moment has come to a point where it can be continued later. */
  close(): Promise<void>
}

/**
 * Looks after the tables for as long as the server runs: months ahead of time, the conversion of an earlier version,
 * retention. Every process does, and whichever claims a task first does it (`private.upkeep`). No request waits for it,
 * and none fails because of it: without a month, rows lie in the partition ahead of it.
 */
export const startUpkeep = (
  database: Database,
  log: Pick<Logger, 'info' | 'warn'>,
  {
    retentionDays,
    matchAllWaiting,
  }: { retentionDays: number | null; matchAllWaiting: () => Promise<void> },
): Upkeep => {
  let isClosed = false
  let running: Promise<void> = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  const complained = new Map<string, number>()

  const tasks: Task[] = [
    {
      name: 'months',
      everyMinutes: 60,
      run: async () => {
        const created = await createMonths(database)
        if (created > 0) log.info({ created }, 'created partitions for the months to come')
      },
    },
    { name: 'forget', everyMinutes: 1, run: () => forget(database) },
    ...(retentionDays === null
      ? []
      : [
          {
            name: 'retention',
            everyMinutes: 60,
            run: () => retain(database, retentionDays, () => isClosed),
          },
        ]),
  ]

  const isClaimed = async ({ name, everyMinutes }: Task): Promise<boolean> => {
    const rows = await database.query(
      'owner',
      `insert into private.upkeep as known (name, done_at) values ($1, now())
      on conflict (name) do update set done_at = now()
        where known.done_at < now() - make_interval(mins => $2)
      returning name`,
      [name, everyMinutes],
    )
    return rows.length > 0
  }
  /** The claim of a task that failed is given back, so that it is tried again in a minute. */
  const attempt = async (name: string, run: () => Promise<unknown>): Promise<void> => {
    try {
      await run()
    } catch (error) {
      const now = Date.now()
      if (now - (complained.get(name) ?? -Infinity) >= COMPLAIN_MS) {
        complained.set(name, now)
        log.warn(
          { err: error, task: name },
          'upkeep of the database failed; it is tried again in a minute',
        )
      }
      await database
        .query('owner', 'delete from private.upkeep where name = $1', [name])
        .catch(() => {})
    }
  }
  const round = async (): Promise<void> => {
    await attempt('conversion', async () => {
      const moved = await convert(database, () => isClosed)
      if (moved > 0) log.info({ moved }, 'moved rows of an earlier version into the partitions')
    })
    for (const task of tasks)
      if (!isClosed)
        await attempt(task.name, async () => {
          if (await isClaimed(task)) await task.run()
        })
  }
  const schedule = (): void => {
    timer = setTimeout(() => {
      running = round().then(() => {
        if (!isClosed) schedule()
      })
    }, MINUTE_MS)
    timer.unref()
  }
  running = attempt('waiting calls', matchAllWaiting)
    .then(round)
    .then(() => {
      if (!isClosed) schedule()
    })
  return {
    close: async () => {
      isClosed = true
      clearTimeout(timer)
      await running
    },
  }
}
