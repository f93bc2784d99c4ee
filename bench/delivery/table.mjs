/** @typedef {import('./run-row.mjs').Result} Result */

/** The most that issue 4 allows. */
const DELIVERIES_MAX = 1.2

/** @type {[string, number, (result: Result) => string | number][]} */
const COLUMNS = [
  ['row', -34, ({ row }) => row],
  ['sent', 5, ({ sent }) => sent],
  ['arrived', 8, ({ arrived }) => arrived],
  ['held', 5, ({ held }) => held],
  ['once', 5, ({ once }) => once],
  ['per event', 10, ({ perEvent }) => perEvent.toFixed(2)],
  ['requests', 9, ({ requests }) => requests],
  ['s', 5, ({ seconds }) => seconds],
  ['', 0, (result) => ` ${[verdict(result), ...result.notes].join(', ')}`],
]

/** @param {string} text @param {number} width negative: to the left */
const pad = (text, width) => (width < 0 ? text.padEnd(-width) : text.padStart(width))

export const header = () => COLUMNS.map(([title, width]) => pad(title, width)).join(' ')

/** @param {Result} result */
export const line = (result) =>
  COLUMNS.map(([, width, read]) => pad(String(read(result)), width)).join(' ')

/** @param {Result} result */
export function verdict({ failed, sent, arrived, held, once, perEvent }) {
  if (failed) return `FAILED ${failed}`
  if (arrived + held < sent) return `LOST ${sent - arrived - held}`
  if (once < arrived) return `TWICE ${arrived - once}`
  if (perEvent > DELIVERIES_MAX) return `OVER ${DELIVERIES_MAX}`
  return 'ok'
}
