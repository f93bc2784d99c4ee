const two = (/** @type {number} */ n) => String(n).padStart(2, '0')

/** @param {number} at milliseconds since the epoch */
export function clock(at) {
  const date = new Date(at)
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}

/** @param {number} at */
export function day(at) {
  const date = new Date(at)
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
}

/** @param {number} at */
export const isToday = (at) => day(at) === day(Date.now())

/**
 * Returns when it happened: the time of the press, which may be days before its arrival.
 *
 * @param {import('../../src/live/detail.js').ConsoleMessage} message
 */
export const timeOf = (message) =>
  message.type === 'call' ? (message.occurred_at ?? message.at) : message.at
