/** @typedef {import('./run-row.mjs').Result} Result */

/** @type {[string, number, (result: Result) => string | number][]} */
const COLUMNS = [
  ['row', -48, ({ row }) => row],
  ['sent', 5, ({ sent }) => sent],
  ['arrived', 8, ({ arrived }) => arrived],
  ['held', 5, ({ held }) => held],
  ['once', 5, ({ once }) => once],
  ['per event', 10, ({ perEvent }) => perEvent.toFixed(2)],
  ['most', 5, ({ most }) => most],
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
export function verdict({ failed, sent, arrived, held, once, most, mostAllowed, impatient }) {
  if (failed) return `FAILED ${failed}`
  if (arrived + held < sent) return `LOST ${sent - arrived - held}`
  if (held) return `LATE ${held}`
  if (once < arrived) return `TWICE ${arrived - once}`
  if (most > mostAllowed) return `DELIVERED ${most} TIMES`
  if (impatient) return `IMPATIENT ${impatient}`
  return 'ok'
}

/**
 * Returns a Markdown table: a row for each row, a column for each engine and mode.
 *
 * @param {Result[]} results the last one of a row, engine and mode counts
 */
export function markdown(results) {
  const columns = [...new Set(results.map(({ engine, mode }) => `${engine}, ${mode}`))]
  const names = [...new Set(results.map(({ row }) => row))]
  const cell = (/** @type {string} */ name, /** @type {string} */ column) => {
    const result = results.findLast(
      ({ row, engine, mode }) => row === name && `${engine}, ${mode}` === column,
    )
    if (!result) return '–'
    const { arrived, sent, perEvent } = result
    const said = verdict(result)
    return `${arrived} of ${sent}, ${perEvent.toFixed(2)}${said === 'ok' ? '' : ` (${said})`}`
  }
  return [
    `| Row | ${columns.join(' | ')} |`,
    `| --- | ${columns.map(() => '---').join(' | ')} |`,
    ...names.map(
      (name) => `| ${name} | ${columns.map((column) => cell(name, column)).join(' | ')} |`,
    ),
  ].join('\n')
}
