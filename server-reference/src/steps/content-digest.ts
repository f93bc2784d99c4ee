import type { CallEvent } from '@opsmantik/tracker/contract'

/**
 * Returns 16 hex digits that differ when the content of two events differs. How an event names its site does not
 * count: the site is part of its key. It only decides whether the log says that an event came again with another
 * body, so it need not resist an attacker: SHA-256 of the JSON took 2.5 µs of every request, this takes 0.5.
 */
export const contentDigest = (event: CallEvent): string => {
  let low = 0x811c9dc5
  let high = 0x1b873593
  for (const [name, value] of Object.entries(event)) {
    if (name === 'site_id' || value === undefined) continue
    const text = `${name}=${typeof value} ${value};`
    for (let at = 0; at < text.length; at++) {
      const unit = text.charCodeAt(at)
      low = Math.imul(low ^ unit, 0x01000193)
      high = Math.imul(high ^ unit, 0x85ebca6b) ^ (high >>> 15)
    }
  }
  return hex(low) + hex(high)
}

const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, '0')
