import { expect, it } from 'vitest'
import { createLineReader } from './line-reader.js'

it('lines that arrive in pieces are whole, whatever the pieces cut through', () => {
  const lines: string[] = []
  const read = createLineReader(100, (line) => lines.push(line))
  for (const byte of Buffer.from('data: çağrı ☎\r\n\nlast\n')) read(Buffer.from([byte]))
  expect(lines).toEqual(['data: çağrı ☎', '', 'last'])
})

it('a line that does not end is given up at its limit', () => {
  const read = createLineReader(10, () => {})
  expect(read(Buffer.from('123456789'))).toBe(true)
  expect(read(Buffer.from('01'))).toBe(false)
})

it('a line that ends, but too late, is given up too', () => {
  const lines: string[] = []
  const read = createLineReader(3, (line) => lines.push(line))
  expect(read(Buffer.from('abc\nabcd\n'))).toBe(false)
  expect(lines).toEqual(['abc'])
})
