import { expect, it } from 'vitest'
import { quoteLiteral } from './quote-literal.js'

it.each([
  ['plain', "E'plain'"],
  ['', "E''"],
  ["it's", "E'it''s'"],
  ["'; drop table calls; --", "E'''; drop table calls; --'"],
  ['back\\slash', "E'back\\\\slash'"],
  ["\\'", "E'\\\\'''"],
  ['$1 $$ $&', "E'$1 $$ $&'"],
])('%j is %s', (text, literal) => expect(quoteLiteral(text)).toBe(literal))

it('a NUL is refused', () => expect(() => quoteLiteral('a\0b')).toThrow('NUL'))
