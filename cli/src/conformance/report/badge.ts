import { CONTRACT_VERSION } from '@opsmantik/tracker/contract'
import type { RunMeta } from './meta.js'

/** The JSON of a badge, as https://shields.io/badges/endpoint-badge reads it. */
export const formatBadge = ({ profiles }: RunMeta, isConformant: boolean): string => {
  const whole = profiles.filter(({ verdict }) => verdict === 'conformant')
  const isGood = isConformant && whole.length > 0
  return (
    JSON.stringify({
      schemaVersion: 1,
      label: `OpsMantik contract ${CONTRACT_VERSION}`,
      message: isGood ? whole.map(({ profile }) => profile).join(', ') : 'not conformant',
      color: isGood ? 'brightgreen' : 'red',
    }) + '\n'
  )
}
