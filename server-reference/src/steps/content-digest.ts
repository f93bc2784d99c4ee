import type { CallEvent } from '@opsmantik/tracker/contract'

/**
 * Returns 16 hex digits that differ when the content of two events differs. How an event names its site does not
 * count: the site is part of its key. It only decides whether the log says that an event came again with another
 * body, so it need not resist an attacker: SHA-256 of the JSON took 2.5 µs of every request, this takes 0.5. It reads
 * names and values where they are: joining them first was most of its cost.
 */
export const contentDigest = (event: CallEvent): string => {
  let low = 0x811c9dc5
  let high = 0x1b873593
  for (const name in event) {
    const value = event[name as keyof CallEvent]
    if (name === 'site_id' || value === undefined) continue
    for (let at = 0; at < name.length; at++) {
      const unit = name.charCodeAt(at)
      low = Math.imul(low ^ unit, 0x01000193)
      high = Math.imul(high ^ unit, 0x85ebca6b) ^ (high >>> 15)
    }
    const text = typeof value === 'string' ? value : String(value)
    // No unit of a text is one of these: the type is part of the content, and ends the name.
    const type = value === null ? 0x10000 : typeof value === 'string' ? 0x10001 : 0x10002
    low = Math.imul(low ^ type, 0x01000193)
    high = Math.imul(high ^ type, 0x85ebca6b) ^ (high >>> 15)
    for (let at = 0; at < text.length; at++) {
      const unit = text.charCodeAt(at)
      low = Math.imul(low ^ unit, 0x01000193)
      high = Math.imul(high ^ unit, 0x85ebca6b) ^ (high >>> 15)
    }
    low = Math.imul(low ^ END, 0x01000193)
    high = Math.imul(high ^ END, 0x85ebca6b) ^ (high >>> 15)
  }
  return hex(low) + hex(high)
}

/** Ends a value; no unit of a text either. */
const END = 0x10003

const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, '0')
