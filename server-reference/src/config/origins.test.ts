import { describe, expect, it } from 'vitest'
import { OriginPolicy } from './origins.js'

const entries = (...origins: string[]) => origins.map((origin) => ({ origin, until: null }))
const policy = new OriginPolicy(entries('https://shop.example', 'http://dev.example:8080'))

it.each([
  'https://shop.example',
  'https://SHOP.example',
  'https://shop.example:443',
  'https://shop.example/',
  'http://dev.example:8080',
])('%s is allowed', (origin) => expect(policy.allows(origin)).toBe(true))

it.each([
  '',
  'null',
  '*',
  'http://shop.example',
  'https://www.shop.example',
  'https://evilshop.example',
  'https://shop.example.evil.example',
  'https://shop.example.',
  'https://shop.example:444',
  'https://shop.example:80',
  'https://shop.example/path',
  'https://shop.example//',
  'https://shop.example?x',
  'https://user@shop.example',
  'https://evil.example@shop.example',
  'https://shop.example\\',
  'https:\\\\shop.example',
  'https://shop%2Eexample',
  'https://sh\top.example',
  'https://shop.example, https://shop.example',
  'https://shop.example https://evil.example',
  'http://dev.example',
  'shop.example',
])('%j is denied', (origin) => expect(policy.allows(origin)).toBe(false))

it('with * every origin is allowed but null and what is none', () => {
  const any = new OriginPolicy(entries('*'))
  expect(any.allows('https://whatever.example:1')).toBe(true)
  for (const none of ['null', '*', '', 'x', 'https://a/b', 'https://a, https://b'])
    expect(any.allows(none)).toBe(false)
})

it('an entry holds through its last day, UTC, and is warned about from seven days before until it is gone', () => {
  let now = 0
  const ending = new OriginPolicy(
    [{ origin: 'https://old.example', until: '2026-03-10' }],
    () => now,
  )
  const at = (time: string): [boolean, string | undefined] => {
    now = Date.parse(time)
    return [ending.allows('https://old.example'), ending.warnings()[0]?.message]
  }
  expect(at('2026-03-02T23:59:59.999Z')).toEqual([true, undefined])
  expect(at('2026-03-03T00:00:00Z')).toEqual([true, 'ALLOWED_ORIGINS: entry 1 ends on 2026-03-10'])
  expect(at('2026-03-10T23:59:59.999Z')[0]).toBe(true)
  expect(at('2026-03-11T00:00:00Z')).toEqual([
    false,
    'ALLOWED_ORIGINS: entry 1 ended on 2026-03-10; remove it',
  ])
})

it('an origin that is listed twice is allowed as long as either entry says', () => {
  const twice = new OriginPolicy([
    { origin: 'https://a.example', until: '2000-01-01' },
    { origin: 'https://a.example', until: null },
  ])
  expect(twice.allows('https://a.example')).toBe(true)
})

it.each([
  ['http://shop.example', 'https://shop.example'],
  ['https://www.shop.example', 'https://shop.example'],
  ['https://shop.example:8443', 'https://shop.example'],
  ['https://other.example', undefined],
])('the nearest entry to %s is %s', (origin, nearest) => {
  expect(policy.nearest(origin)?.origin).toBe(nearest)
})

describe('origins that sites name', () => {
  const named = new Map([['a', ['https://a.example']]])
  const open = (admitsNamed: boolean): OriginPolicy => {
    const made = new OriginPolicy(entries('https://fixed.example'), Date.now, admitsNamed)
    made.setNamed(named)
    return made
  }

  it('are allowed beside the entries with "sites", and only then', () => {
    expect(open(true).allows('https://a.example')).toBe(true)
    expect(open(true).allows('https://A.example:443/')).toBe(true)
    expect(open(true).allows('https://fixed.example')).toBe(true)
    expect(open(true).allows('https://b.example')).toBe(false)
    expect(open(false).allows('https://a.example')).toBe(false)
  })

  it('are the only ones that their site accepts; a site that names none accepts every allowed one', () => {
    const made = open(true)
    expect(made.allowsFor('a', 'https://a.example')).toBe(true)
    expect(made.allowsFor('a', 'https://fixed.example')).toBe(false)
    expect(made.allowsFor('b', 'https://fixed.example')).toBe(true)
    made.setNamed(new Map())
    expect(made.allows('https://a.example')).toBe(false)
    expect(made.allowsFor('a', 'https://fixed.example')).toBe(true)
  })
})
