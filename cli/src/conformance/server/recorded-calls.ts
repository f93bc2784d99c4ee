import { Nonconformance, NotSeen } from '../check.js'
import { asObject } from '../../probe/exchange.js'
import type { Server } from './server.js'

/** A recorded call as `--read-command` prints it: the fields of the event under their names of the contract. */
export type PrintedCall = Record<string, unknown>

/**
 * Returns the recorded calls with this fingerprint, in the words of `--read-command`.
 *
 * @throws NotSeen without a command
 * @throws Nonconformance if a line is no JSON object
 */
export const recordedCalls = async (
  { options }: Server,
  fingerprint: string,
): Promise<PrintedCall[]> => {
  if (!options.readRows)
    throw new NotSeen('needs --read-command, which prints recorded calls as JSON lines')
  const lines = (await options.readRows(fingerprint))
    .split('\n')
    .filter((line) => line.trim() !== '')
  return lines
    .map((line) => {
      const row = asObject(line)
      if (Object.keys(row).length === 0)
        throw new Nonconformance(
          `the read command should print JSON objects, one a line; it printed ${line.slice(0, 120)}`,
        )
      return row
    })
    .filter((row) => row['fingerprint'] === fingerprint)
}
