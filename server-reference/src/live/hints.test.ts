import { REFUSALS, type Code } from '@opsmantik/tracker/contract'
import { expect, it } from 'vitest'
import { OriginPolicy } from '../config/origins.js'
import { hint } from './hints.js'

const policy = new OriginPolicy([
  { origin: 'https://shop.example', until: null },
  { origin: 'https://old.example', until: '2020-01-01' },
])
const LINE = 'ALLOWED_ORIGINS=https://shop.example,https://old.example;until=2020-01-01'

it.each([
  [
    'https://new.example',
    `https://new.example is not in ALLOWED_ORIGINS. Add it and restart the server: ${LINE},https://new.example`,
  ],
  [
    'https://www.shop.example',
    `ALLOWED_ORIGINS has https://shop.example, and https://www.shop.example is another origin`,
  ],
  ['https://old.example', 'https://old.example was allowed until 2020-01-01'],
  ['null', 'Serve the page over http or https'],
  ['https://a, https://b', 'This is not an origin that a browser sends'],
])('%s: %s', (origin, said) => {
  expect(hint('ORIGIN_NOT_ALLOWED', origin, policy)).toContain(said)
})

it('every code has a hint', () => {
  for (const code of Object.keys(REFUSALS) as Code[])
    expect(hint(code, undefined, policy).length).toBeGreaterThan(20)
})
