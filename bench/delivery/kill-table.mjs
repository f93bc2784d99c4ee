/**
 * @typedef {import('./kill.mjs').Kill & { engine: string, mode: 'proxy' | 'signed', sent: number }} KillJob
 * @typedef {KillJob & import('./kill.mjs').Survival} KillResult
 */

/** @param {KillResult[]} results */
const cell = (results) => {
  if (!results.length) return '–'
  const sum = (/** @type {'sent' | 'arrived'} */ what) =>
    results.reduce((all, result) => all + result[what], 0)
  return `${sum('arrived')} of ${sum('sent')}`
}

/**
 * Returns a Markdown table: a row for each browser, mode, server and time of the press, a column for each life of the
 * browser after the press.
 *
 * @param {KillResult[]} results
 */
export function killTable(results) {
  const afters = [...new Set(results.map(({ killAfter }) => killAfter))].sort((a, b) => a - b)
  const key = (/** @type {KillResult} */ { engine, mode, server, pressAt }) =>
    [engine, mode, server, `${pressAt} s`].join(' | ')
  const keys = [...new Set(results.map(key))].sort()
  const oldest = (/** @type {number} */ after) => {
    const ages = results.filter(({ killAfter }) => killAfter === after).flatMap(({ age }) => age)
    return `${Math.min(...ages).toFixed(2)} to ${Math.max(...ages).toFixed(2)}`
  }
  return [
    `| Browser | Mode | Server | Press after load | ${afters.map((s) => `killed after ${s} s`).join(' | ')} |`,
    `| --- | --- | --- | --- | ${afters.map(() => '---:').join(' | ')} |`,
    ...keys.map((row) => {
      const own = results.filter((result) => key(result) === row)
      const cells = afters.map((after) => cell(own.filter(({ killAfter }) => killAfter === after)))
      return `| ${row} | ${cells.join(' | ')} |`
    }),
    `| all | | | | ${afters.map((after) => cell(results.filter(({ killAfter }) => killAfter === after))).join(' | ')} |`,
    '',
    `Seconds from the press to the death, least and most: ${afters.map((after) => `${after}: ${oldest(after)}`).join('; ')}.`,
  ].join('\n')
}
