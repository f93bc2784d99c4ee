/**
 * @typedef {object} Row
 * @property {string} name
 * @property {number[]} cpu microseconds a request, by round
 * @property {number[]} perSecond
 * @property {number[]} p50 milliseconds
 * @property {number[]} p99
 * @property {number[]} at80 p99 at 80 % of the highest load
 * @property {number} memory MiB
 */

const median = (/** @type {number[]} */ figures) =>
  figures.toSorted((a, b) => a - b)[Math.floor(figures.length / 2)] ?? NaN

/**
 * Prints the rows as Markdown. The ratio is the median of each round's own: both servers of a round had the same
 * machine.
 *
 * @param {Row[]} rows
 * @param {string} limit
 */
export const printTable = (rows, limit) => {
  const base = rows.find(({ name }) => name === limit)
  console.log(
    '| Server | CPU µs/request | of the contract limit | least | most | req/s | p50 ms | p99 ms | p99 at 80 % | MiB |',
  )
  console.log('|---|---|---|---|---|---|---|---|---|---|')
  for (const { name, cpu, perSecond, p50, p99, at80, memory } of rows) {
    const ratios = cpu.map((figure, round) => figure / (base?.cpu[round] ?? NaN))
    const cells = [
      name,
      median(cpu).toFixed(0),
      median(ratios).toFixed(2),
      Math.min(...ratios).toFixed(2),
      Math.max(...ratios).toFixed(2),
      Math.max(...perSecond).toFixed(0),
      median(p50).toFixed(1),
      Math.min(...p99).toFixed(1),
      at80.length === 0 ? '' : Math.min(...at80).toFixed(1),
      memory.toFixed(0),
    ]
    console.log(`| ${cells.join(' | ')} |`)
  }
}
