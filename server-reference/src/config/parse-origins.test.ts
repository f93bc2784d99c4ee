import { expect, it } from 'vitest'
import { parseOrigins } from './parse-origins.js'

const read = (list: string, production = true): string[] | string => {
  const { entries, problems } = parseOrigins(list, production)
  return problems.length > 0
    ? problems.join('\n')
    : entries.map(({ origin, until }) => origin + (until ? ` until ${until}` : ''))
}

it('entries are kept as browsers write them: lower case, no default port, no slash', () => {
  expect(
    read('https://Shop.Example, https://a.example:443/ ,http://b.example:8080,http://[::1]:80'),
  ).toEqual(['https://shop.example', 'https://a.example', 'http://b.example:8080', 'http://[::1]'])
})

it('a name with letters beyond ASCII is kept as browsers send it', () => {
  expect(read('https://büyük.example')).toEqual(['https://xn--byk-hoab.example'])
})

it('an entry may have a last day', () => {
  expect(
    read('https://old.example;until=2026-02-28, https://x.example ; until=2026-03-01'),
  ).toEqual(['https://old.example until 2026-02-28', 'https://x.example until 2026-03-01'])
})

it('a trailing comma means nothing', () => {
  expect(read('https://a.example,')).toEqual(['https://a.example'])
})

it.each([
  ['shop.example', '"shop.example" has no scheme; did you mean "https://shop.example"?'],
  ['www.shop.example:8443', 'did you mean "https://www.shop.example:8443"?'],
  ['//shop.example', 'did you mean "https://shop.example"?'],
  ['https:/shop.example', 'did you mean "https://shop.example"?'],
  ['https://shop.example/path', 'has a path; did you mean "https://shop.example"?'],
  ['https://shop.example//', 'has a path; did you mean "https://shop.example"?'],
  ['https://shop.example/?q', 'has a query or a fragment; did you mean "https://shop.example"?'],
  ['https://shop.example#x', 'has a query or a fragment; did you mean "https://shop.example"?'],
  ['https://user:pw@shop.example', 'has a user name in it; did you mean "https://shop.example"?'],
  ['https://@shop.example', 'has a user name in it'],
  ['https://*.shop.example', 'has a wildcard'],
  ['*.shop.example', '"*.shop.example" has no scheme'],
  ['null', '"null" is never allowed'],
  ['*', '"*" is not accepted in production'],
  ['ftp://shop.example', 'is not an http or https origin'],
  ['https://', 'is not an origin'],
  ['https://a b', 'is not an origin'],
  ['https://a.example:99999', 'is not an origin'],
  ['garbage', '"garbage" has no scheme'],
  ['https://a.example;until=tomorrow', '";until=YYYY-MM-DD"'],
  ['https://a.example;until=2026-02-30', '"until=2026-02-30"'],
  ['https://a.example;until=2026-01-01;until=2026-01-02', 'only one'],
  ['https://a.example;from=2026-01-01', '"from=2026-01-01"'],
])('%s stops the server with: %s', (entry, said) => {
  const problem = read(`https://fine.example,${entry}`)
  expect(problem).toContain(said)
  expect(problem).toContain('ALLOWED_ORIGINS')
  expect(problem).not.toContain('fine.example')
})

it('* is accepted outside production', () => {
  expect(read('*', false)).toEqual(['*'])
})
