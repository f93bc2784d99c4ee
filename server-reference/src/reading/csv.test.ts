import { expect, it } from 'vitest'
import { csvRow } from './csv.js'

it.each(['=1+1', '+905000000000', '-1', '@SUM(A1)', '\tx', '\rx'])(
  'a text that begins like %j is not computed by a spreadsheet',
  (text) => {
    const cell = csvRow([text]).slice(0, -2)
    expect(cell.replace(/^"|"$/g, '')).toBe(`'${text}`)
  },
)

it('a cell with commas, quotes or line ends is quoted, and comes back as it was', () => {
  expect(csvRow(['a,b', 'say "hi"', 'two\nlines', 'plain', null, 12.5, -3, 'çğ 😀'])).toBe(
    '"a,b","say ""hi""","two\nlines",plain,,12.5,-3,çğ 😀\r\n',
  )
})

it('a formula that hides behind a quote is text too', () => {
  expect(csvRow(['="x",1'])).toBe(`"'=""x"",1"\r\n`)
})
