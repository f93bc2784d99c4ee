import { textOf } from './filter.js'
import { row } from './row.js'

/** @typedef {import('../../src/live/detail.js').ConsoleMessage} Message */
/** @typedef {{ message: Message, text: string, row: HTMLElement }} Entry */

/** Rows that stay on the page: enough to scroll back through an afternoon of trying things. */
const MAX_ROWS = 500
/** Longer than any backlog that a server sends again. */
const MAX_SEEN = 5000

/**
 * Creates the list of messages: newest first, bounded, without duplicates.
 *
 * @param {HTMLElement} body
 * @param {{ matches: (entry: Entry) => boolean, onDrawn: () => void, onChanged: (entry: Entry) => void }} options
 */
export function createList(body, { matches, onDrawn, onChanged }) {
  /** @type {Set<string>} */
  const seen = new Set()
  /** Oldest first. @type {Entry[]} */
  let entries = []
  /** @type {Message[]} */
  let waiting = []
  let paused = false
  let timer = 0
  /** The row that Tab leads to. @type {HTMLElement | undefined} */
  let current

  /** @param {HTMLElement | undefined} next */
  function makeCurrent(next) {
    const link = (/** @type {HTMLElement | undefined} */ one) => one?.querySelector('a')
    const old = link(current)
    if (old) old.tabIndex = -1
    current = next
    const now = link(current)
    if (now) now.tabIndex = 0
  }

  function draw() {
    timer = 0
    if (paused || waiting.length === 0) return
    const drawn = waiting.map((message) => ({ message, text: textOf(message), row: row(message) }))
    waiting = []
    const fragment = document.createDocumentFragment()
    for (const entry of drawn.toReversed()) {
      entry.row.hidden = !matches(entry)
      fragment.append(entry.row)
    }
    body.prepend(fragment)
    entries.push(...drawn)
    for (const { row: old } of entries.splice(0, Math.max(0, entries.length - MAX_ROWS))) {
      const hadFocus = old.contains(document.activeElement)
      old.remove()
      if (hadFocus) focus(body.lastElementChild)
    }
    settle()
  }

  /**
   * Updates the listed call whose session became known later.
   *
   * @param {Message} later
   * @returns {boolean} whether it was here
   */
  function rematch(later) {
    if (later.type !== 'call' || later.status === 'noop') return false
    const isSame = (/** @type {Message} */ one) =>
      one.type === 'call' && one.status !== 'noop' && one.call_id === later.call_id
    const { status, session_id } = later
    const index = waiting.findIndex(isSame)
    const known = waiting[index]
    if (known?.type === 'call') {
      waiting[index] = /** @type {Message} */ ({ ...known, status, session_id })
      return true
    }
    const entry = entries.find(({ message }) => isSame(message))
    if (!entry) return false
    entry.message = /** @type {Message} */ ({ ...entry.message, status, session_id })
    entry.text = textOf(entry.message)
    const old = entry.row
    const hadFocus = old.contains(document.activeElement)
    entry.row = row(entry.message)
    entry.row.hidden = !matches(entry)
    old.replaceWith(entry.row)
    if (current === old) current = undefined
    settle()
    if (hadFocus) focus(entry.row)
    onChanged(entry)
    return true
  }

  /** Keeps the keyboard's current row on a visible row. */
  function settle() {
    if (!current?.isConnected || current.hidden) makeCurrent(shown()[0]?.row)
    onDrawn()
  }

  /** Returns the visible entries, newest first. */
  const shown = () => entries.filter((entry) => !entry.row.hidden).toReversed()

  /** @param {Element | null} one */
  function focus(one) {
    if (!(one instanceof HTMLElement)) return
    makeCurrent(one)
    one.querySelector('a')?.focus()
  }

  body.addEventListener('focusin', ({ target }) => {
    const focused = target instanceof Element ? target.closest('tr') : null
    if (focused) makeCurrent(focused)
  })

  return {
    /**
     * @param {Message} message
     * @returns {boolean} whether it is new
     */
    add(message) {
      const isLater = 'matched_later' in message
      if (isLater && rematch(message)) return false
      // With the time: a restarted server may count its ids from the beginning.
      const key = `${message.id} ${message.at}`
      if (seen.has(key)) return false
      seen.add(key)
      if (seen.size > MAX_SEEN) for (const oldest of seen) if (seen.delete(oldest)) break
      waiting.push(message)
      if (waiting.length > MAX_ROWS) waiting.shift()
      // A burst is drawn once. A timer and no animation frame: a hidden tab gets no frames.
      if (!timer) timer = window.setTimeout(draw, 30)
      // Its call was counted when it was recorded.
      return !isLater
    },
    refilter() {
      for (const entry of entries) entry.row.hidden = !matches(entry)
      settle()
    },
    clear() {
      entries = []
      waiting = []
      body.replaceChildren()
      settle()
    },
    /** @param {boolean} value */
    pause(value) {
      paused = value
      draw()
    },
    waiting: () => waiting.length,
    counts: () => ({ shown: shown().length, all: entries.length }),
    /** @param {string} id */
    find: (id) => entries.find(({ message }) => message.id === id),
    /** Returns the row next to this one, or the first. @param {string | undefined} id @param {1 | -1} by */
    beside(id, by) {
      const rows = shown()
      const here = rows.findIndex(({ message }) => message.id === id)
      return here === -1 ? rows[0] : rows[here + by]
    },
    current: () => current?.dataset.id,
    focus: (/** @type {Entry | undefined} */ entry) => entry && focus(entry.row),
    marked: () => entries.find((entry) => entry.row.hasAttribute('aria-current')),
    /** @param {string | undefined} id the one whose details are open */
    mark(id) {
      for (const { message, row: one } of entries)
        if (message.id === id) one.setAttribute('aria-current', 'true')
        else one.removeAttribute('aria-current')
    },
  }
}
