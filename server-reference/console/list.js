import { row } from './row.js'

/** @typedef {import('@opsmantik/tracker/contract').LiveMessage} LiveMessage */

/** Rows that stay on the page: enough to scroll back through an afternoon of trying things. */
const MAX_ROWS = 500
/** Longer than any backlog that a server sends again. */
const MAX_SEEN = 5000

/**
 * Newest first, bounded, nothing twice.
 *
 * @param {HTMLElement} body
 */
export function createList(body) {
  /** @type {Set<string>} */
  const seen = new Set()
  /** @type {LiveMessage[]} */
  let waiting = []

  function draw() {
    const fragment = document.createDocumentFragment()
    for (const message of waiting.toReversed()) fragment.append(row(message))
    waiting = []
    body.prepend(fragment)
    while (body.childElementCount > MAX_ROWS) body.lastElementChild?.remove()
  }

  return {
    /**
     * @param {LiveMessage} message
     * @returns {boolean} whether it is new
     */
    add(message) {
      // With the time: a restarted server may count its ids from the beginning.
      const key = `${message.id} ${message.at}`
      if (seen.has(key)) return false
      seen.add(key)
      if (seen.size > MAX_SEEN) for (const oldest of seen) if (seen.delete(oldest)) break
      // A burst is drawn once. A timer and no animation frame: a hidden tab gets no frames.
      if (waiting.push(message) === 1) setTimeout(draw, 30)
      if (waiting.length > MAX_ROWS) waiting.shift()
      return true
    },
  }
}
