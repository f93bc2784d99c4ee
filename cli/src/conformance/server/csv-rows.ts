/** Splits a file of RFC 4180 into its cells. A byte order mark at the start is not part of the first cell. */
export const csvRows = (text: string): string[][] => {
  const rows: string[][] = []
  let row: string[] = []
  let cell = ''
  let isQuoted = false
  const end = (): void => {
    row.push(cell)
    cell = ''
  }
  const chars = text.replace(/^\uFEFF/, '')
  for (let at = 0; at < chars.length; at++) {
    const char = chars[at]!
    if (isQuoted) {
      if (char !== '"') cell += char
      else if (chars[at + 1] === '"') cell += chars[++at]!
      else isQuoted = false
    } else if (char === '"' && cell === '') isQuoted = true
    else if (char === ',') end()
    else if (char === '\n') {
      end()
      rows.push(row)
      row = []
    } else if (char !== '\r') cell += char
  }
  if (cell !== '' || row.length > 0) {
    end()
    rows.push(row)
  }
  return rows
}
