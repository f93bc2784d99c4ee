import type { Logger } from 'pino'
import type { Database } from '../database.js'
import { convert } from './convert.js'
import { createMonths } from './create-months.js'
import { forget, retain } from './retain.js'

const MINUTE_MS = 60_000

/** Milliseconds between two log lines about the same failing task. */
const COMPLAIN_MS = 60 * MINUTE_MS

/** The task that runs once, at the start. */
const WAITING_CALLS = 'waiting calls'

/**
 * Seconds after which the claim of another process is assumed to have succeeded: a failed task releases its claim
 * immediately.
 */
const SETTLED_SECONDS = 30
/** The state of a task: claimed by this process, done by another, or possibly in progress in another. */
type Claim = 'mine' | 'done' | 'unknown'

interface Task {
  name: string
  everyMinutes: number
  run(): Promise<unknown>
}

/** Milliseconds for which a task may keep failing before health warns: a lock that a `pg_dump` holds needs no action. */
const FAILING_MS = 10 * MINUTE_MS

export interface Upkeep {
  /** Returns the tasks that have failed at every attempt of this process for ten minutes, and that no other has done. */
  failing(): string[]
  /** Returns how many attempts have failed since the start. */
  failures(): number
  /** Resolves when the running task has reached a point from which it can be continued later. */
  close(): Promise<void>
}

/**
 * Maintains the tables for as long as the server runs: months ahead of time, the conversion of an earlier version,
 * retention. Every process does this, and the first to claim a task performs it (`private.upkeep`). No request waits
 * for it, and none fails because of it: without a month, rows lie in the partition ahead of it.
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
  let failures = 0
  /** Since when a task has failed at every attempt. */
  const failingSince = new Map<string, number>()
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

  const claim = async ({ name, everyMinutes }: Task): Promise<Claim> => {
    const rows = await database.query(
      'owner',
      `insert into private.upkeep as known (name, done_at) values ($1, now())
      on conflict (name) do update set done_at = now()
        where known.done_at < now() - make_interval(mins => $2)
      returning name`,
      [name, everyMinutes],
    )
    if (rows.length > 0) return 'mine'
    const [known] = await database.query<{ is_done: boolean }>(
      'owner',
      `select done_at < now() - interval '${SETTLED_SECONDS} seconds' as is_done
      from private.upkeep where name = $1`,
      [name],
    )
    return known?.is_done === true ? 'done' : 'unknown'
  }
  /** Runs a task. If it fails, its claim is released, so that it is retried in a minute. */
  const attempt = async (name: string, run: () => Promise<unknown>): Promise<void> => {
    try {
      if ((await run()) !== 'unknown') failingSince.delete(name)
    } catch (error) {
      const now = Date.now()
      failures++
      if (!failingSince.has(name)) failingSince.set(name, now)
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
    if (failingSince.has(WAITING_CALLS)) await attempt(WAITING_CALLS, matchAllWaiting)
    await attempt('conversion', async () => {
      const moved = await convert(database, () => isClosed)
      if (moved > 0) log.info({ moved }, 'moved rows of an earlier version into the partitions')
    })
    for (const task of tasks)
      if (!isClosed)
        await attempt(task.name, async () => {
          const claimed = await claim(task)
          if (claimed === 'mine') await task.run()
          return claimed
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
  running = attempt(WAITING_CALLS, matchAllWaiting)
    .then(round)
    .then(() => {
      if (!isClosed) schedule()
    })
  return {
    failing: () =>
      [...failingSince].flatMap(([name, since]) =>
        Date.now() - since >= FAILING_MS ? [name] : [],
      ),
    failures: () => failures,
    close: async () => {
      isClosed = true
      clearTimeout(timer)
      await running
    },
  }
}
