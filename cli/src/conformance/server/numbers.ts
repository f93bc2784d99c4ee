/** Values of `value` and `ev` that sections 6 and 10 allow. */
export const NUMERIC: readonly unknown[] = [
  0,
  -1.5,
  1e6,
  '12',
  '12.50',
  '+1',
  '-.5',
  '1.',
  '1e3',
  '2.5E-3',
  '0'.repeat(63) + '1',
  null,
]

/** Values that they do not allow. Conversions of common languages take most of them. */
export const NOT_NUMERIC: readonly unknown[] = [
  'abc',
  '12 €',
  '',
  ' 1',
  '1 ',
  '1\n',
  '1_000',
  '1,5',
  '0x10',
  'Infinity',
  'NaN',
  '1e999',
  '1e1000',
  '.',
  '٣',
  '0'.repeat(64) + '1',
  true,
  {},
  [1],
]
