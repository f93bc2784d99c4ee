import { element } from './element.js'

/**
 * Fills a table: a head, and a row for each list of cells.
 *
 * @param {HTMLElement} table
 * @param {string[]} head
 * @param {(string | Node)[][]} rows
 */
export function fillTable(table, head, rows) {
  const cells = (/** @type {string} */ tag, /** @type {(string | Node)[]} */ row) =>
    row.map((cell) => element(tag, '', cell))
  const heads = cells('th', head)
  for (const one of heads) one.setAttribute('scope', 'col')
  table.replaceChildren(
    element('thead', '', element('tr', '', ...heads)),
    element('tbody', '', ...rows.map((row) => element('tr', '', ...cells('td', row)))),
  )
}
