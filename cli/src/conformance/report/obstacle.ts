import { CONTRACT_VERSION } from '@opsmantik/tracker/contract'
import { printableJson } from '../../probe/printable.js'
import type { Obstacle } from '../server/find-obstacle.js'

/** Formats the report of a run that did not start, as JSON with the fields of every report. */
export const formatObstacle = (obstacle: Obstacle, target: string): string =>
  printableJson({
    target,
    contract: CONTRACT_VERSION,
    conformant: false,
    stopped: obstacle,
    failed: [],
    broken: [],
    stale: [],
    results: [],
  }) + '\n'
