import type { CallEvent } from '@opsmantik/tracker/contract'

/**
 * Milliseconds that `waitForCall` waits by default: less than the five seconds that vitest and jest allow a test, and
 * Playwright an `expect`, so that the error that is seen is ours.
 */
export const WAIT_TIMEOUT_MS = 4_000

/**
 * Fields that a call must have, or a function that returns true for it. `null` and `undefined` ask for a field that is not
 * there: in the contract, `null` says the same as no field.
 */
export type CallFilter<Call extends CallEvent = CallEvent> =
  Partial<Call> | ((call: Call) => boolean)

const isSame = (a: unknown, b: unknown): boolean => (a ?? null) === (b ?? null)

/** Returns true if a call has the fields that a filter names. */
export const fits = <Call extends CallEvent>(
  filter: CallFilter<Call> | undefined,
  call: Call,
): boolean =>
  typeof filter === 'function'
    ? filter(call)
    : Object.entries(filter ?? {}).every(([name, value]) => isSame(Reflect.get(call, name), value))

/** Returns a filter in words, to follow "no call". */
export const describeFilter = <Call extends CallEvent>(
  filter: CallFilter<Call> | undefined,
): string => {
  if (typeof filter === 'function') return ` that fits ${filter.name || filter.toString()}`
  return Object.keys(filter ?? {}).length > 0 ? ` with ${JSON.stringify(filter)}` : ''
}
