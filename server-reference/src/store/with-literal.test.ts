import { array, assert, constantFrom, property } from 'fast-check'
import { expect, it } from 'vitest'
import { withLiteral } from './with-literal.js'

const quoted = (text: string): string => withLiteral('', text, '')

/** Reads a dollar-quoted literal as Postgres does: up to the first tag after the opening one. */
const read = (literal: string): { text: string; rest: string } => {
  const tag = /^\$\w+\$/.exec(literal)![0]
  const end = literal.indexOf(tag, tag.length)
  return { text: literal.slice(tag.length, end), rest: literal.slice(end + tag.length) }
}

it.each(['plain', '', "it's", "'; drop table calls; --", 'back\\slash', "\\'", '$1 $$ $&'])(
  '%j is quoted as it is',
  (text) => expect(quoted(text)).toBe(`$json$${text}$json$`),
)

it('no text ends its literal early, whatever it has of tags, at its end too', () => {
  const piece = constantFrom('$json$', '$json', '$', 'json', '0', '1', '$json0$', '$json0', 'x')
  assert(
    property(array(piece, { maxLength: 12 }), (pieces) => {
      const text = pieces.join('')
      expect(read(quoted(text))).toEqual({ text, rest: '' })
    }),
    { numRuns: 2_000 },
  )
})

it('a NUL is refused', () => expect(() => quoted('a\0b')).toThrow('NUL'))

it('stands between the rest of its statement', () =>
  expect(withLiteral('select f(', 'a', '::json)')).toBe('select f($json$a$json$::json)'))
