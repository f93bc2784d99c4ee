import { expect, it } from 'vitest'
import { allStatuses, settle } from './ledger.js'
import { newEntry, persist, PHONE, startLoad, twinOf } from './load.js'
import type { Scene } from './scene.js'

/** Lets the first `count` commits fail: the trigger is deferred, so the insert has succeeded by then. */
const failCommits = (count: number): string => `
  create sequence public.failures;
  grant usage on sequence public.failures to public;
  create function public.fail() returns trigger language plpgsql as $$
  begin
    -- A sequence does not go back when its transaction does.
    if nextval('public.failures') <= ${count} then
      raise 'the disk is full, says this test' using errcode = '53100';
    end if;
    return null;
  end $$;
  create constraint trigger fail after insert on public.calls
    deferrable initially deferred for each row execute function public.fail();`

const TWINS = 60

/** Tests a database that fails between the replay check and the commit. */
export const commitFaults = (scene: () => Scene): void => {
  const envOf = (place: string): Record<string, string> =>
    place === 'memory' ? {} : { REDIS_URL: scene().redis.url }

  it.each(['memory', 'Redis'])(
    'commits fail after the replay check, keys in %s: the retries are recorded, and the log says nothing of visitors',
    async (place) => {
      const { env, query, found } = await scene().ownDatabase()
      const server = await scene().start({ ...env, ...envOf(place), LOG_LEVEL: 'trace' })
      await query(failCommits(60))
      const load = startLoad(server.url)
      await load.more(500)
      const entries = await load.finish()
      settle(`60 commits fail, replay keys in ${place}`, entries, await found())
      expect(allStatuses(entries)).toEqual(new Set([200, 503]))
      expect(server.stderr()).toContain('the disk is full, says this test')
      expect(server.stderr()).not.toContain(PHONE)
    },
  )

  it.each([
    ['one server, keys in memory', 'memory', 1],
    ['one server, keys in Redis', 'Redis', 1],
    ['two servers, keys in Redis', 'Redis', 2],
  ] as const)(
    'two equal events at once while the first one’s commit fails, %s: none is told noop without a row',
    async (name, place, servers) => {
      const { env, query, found } = await scene().ownDatabase()
      const starting = Array.from({ length: servers }, () =>
        scene().start({ ...env, ...envOf(place) }),
      )
      const [one, two = one] = await Promise.all(starting)
      await query(failCommits(40))
      const entries = Array.from({ length: TWINS }, newEntry)
      const twins = entries.map(twinOf)
      await Promise.all([
        ...entries.map((entry) => persist(one!.url, entry)),
        ...twins.map((entry) => persist(two!.url, entry)),
      ])
      const calls = await found()
      settle(`equal events at once, 40 commits fail, ${name}: the first`, entries, calls)
      settle('… and the second', twins, calls)
      expect(allStatuses([...entries, ...twins])).toEqual(new Set([200, 503]))
      const noops = [...entries, ...twins].filter(({ wasNoop }) => wasNoop)
      expect(noops.length, 'of two equal events one is new and one is noop').toBe(TWINS)
    },
  )
}
