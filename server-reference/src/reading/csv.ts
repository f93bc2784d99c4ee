/** A byte order mark: without it Excel reads UTF-8 as the local 8-bit encoding. */
export const CSV_START = '\uFEFF'

/** Matches the first character that makes a spreadsheet evaluate a cell (contract section 17). */
const FORMULA = /^[=+\-@\t\r]/

/**
 * Writes a row of CSV (RFC 4180). A cell that a spreadsheet would compute as a formula gets an apostrophe in front, with
 * which it is shown as text.
 */
export const csvRow = (cells: readonly (string | number | null)[]): string =>
  cells.map(csvCell).join() + '\r\n'

const csvCell = (value: string | number | null): string => {
  if (value === null) return ''
  if (typeof value === 'number') return String(value)
  const text = FORMULA.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
