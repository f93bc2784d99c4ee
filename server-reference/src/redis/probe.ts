import { randomUUID } from 'node:crypto'
import type { RedisCommand } from './redis-link.js'
import { COUNT_SCRIPT, REMEMBER_SCRIPT } from './scripts.js'

const PROBE_TTL_MS = '10000'

/** Returns the commands that requests need, for keys of one node: counting, remembering, looking up. */
export const probeCommands = (tag: string): RedisCommand[] => {
  const counted = `opsmantik:{${tag}}:probe:count`
  const remembered = `opsmantik:{${tag}}:probe:value`
  return [
    { key: counted, args: ['EVAL', COUNT_SCRIPT, '1', counted, PROBE_TTL_MS, '0', '1', '0'] },
    {
      key: remembered,
      args: ['EVAL', REMEMBER_SCRIPT, '1', remembered, PROBE_TTL_MS, randomUUID()],
    },
    { key: remembered, args: ['MGET', remembered] },
  ]
}

/** Returns whether these are replies to the commands: a store that accepts and keeps nothing is down too. */
export const isProbed = ([counts, remembered, found]: readonly unknown[]): boolean =>
  Array.isArray(counts) &&
  Number.isSafeInteger(counts[0]) &&
  Number(counts[0]) > 0 &&
  remembered === 1 &&
  Array.isArray(found) &&
  typeof found[0] === 'string'
