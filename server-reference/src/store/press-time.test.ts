import { expect, it } from 'vitest'
import { pressTime } from './press-time.js'

const NOW = 1_790_000_000_000
const DAY_MS = 86_400_000

it.each([
  ['now', `${NOW}-ab12-tel-abc123`, NOW],
  ['exactly 8 days ago', `${NOW - 8 * DAY_MS}-ab12-tel-abc123`, NOW - 8 * DAY_MS],
  ['exactly 60 s ahead', `${NOW + 60_000}-ab12-tel-abc123`, NOW + 60_000],
])('a press of %s has its own time', (_, stamp, at) => expect(pressTime(stamp, NOW)).toBe(at))

it.each([
  ['more than 8 days old', `${NOW - 8 * DAY_MS - 1}-ab12-tel-abc123`],
  ['more than 60 s ahead', `${NOW + 60_001}-ab12-tel-abc123`],
  ['absent', undefined],
  ['empty', ''],
  ['without a time', 'ab12-tel-abc123'],
  ['negative', `-${NOW}-ab12-tel`],
  ['a number with a sign, point or exponent', `+${NOW}.5e1-ab12`],
  ['only a number', String(NOW)],
  ['longer than a time', `${NOW}000000-ab12-tel-abc123`],
])('a stamp that is %s has none', (_, stamp) => expect(pressTime(stamp, NOW)).toBeNull())
