import { REFUSALS, type Code } from '@opsmantik/tracker/contract'
import type { Scenarios } from './kit.js'

/**
 * The scenarios that affect one request. Each function returns the same value from its first call on; that call uses up
 * one of the scenario's `times`.
 */
export interface Conditions {
  offline: boolean
  blocked: boolean
  /** Seconds of `Retry-After`, or undefined: it is not limited. */
  limited: () => number | undefined
  /** The code that the console refuses with, or undefined. */
  refusing: () => Code | undefined
  /** The same of a database that does not answer. */
  down: () => number | undefined
  /** Milliseconds. */
  slow: number
}

interface Running {
  times: number
  value: number
  code?: Code | undefined
}

type Name = keyof Conditions

const never = (): undefined => {}

const NONE: Conditions = {
  offline: false,
  blocked: false,
  refusing: never,
  limited: never,
  down: never,
  slow: 0,
}

const once = <T>(ask: () => T): (() => T) => {
  let said: { value: T } | undefined
  return () => (said ??= { value: ask() }).value
}

const count = (scenario: string, option: string, value: number, least: number): number => {
  if (typeof value !== 'number' || !(value >= least))
    throw new TypeError(
      `${scenario}: ${option} must be a number from ${least}, got ${JSON.stringify(value)}`,
    )
  return value
}

export interface State extends Scenarios {
  /** Returns the seconds by which the server's clock is ahead of the visitor's. */
  aheadSeconds(): number
  /** Returns the names of the active scenarios, for an error message. */
  names(): string[]
  /**
   * Returns the scenarios for this request, which uses up one of the `times` of each scenario that it reaches, and of
   * no other: a request with a wrong signature does not reach the database. A preflight uses up only a scenario that
   * stops it, because the request after it then never comes.
   */
  take(method: string, fromPage: boolean): Conditions
}

/** Creates the set of active scenarios. */
export const createScenarios = (): State => {
  const running = new Map<Name, Running>()
  let aheadSeconds = 0

  const start = (
    name: Name,
    scenario: string,
    { times = Infinity }: { times?: number } = {},
    value = 1,
    code?: Code,
  ): void => void running.set(name, { times: count(scenario, 'times', times, 1), value, code })

  const meet = (name: Name): Running | undefined => {
    const scenario = running.get(name)
    if (scenario && --scenario.times < 1) running.delete(name)
    return scenario
  }
  const use = (name: Name): number | undefined => meet(name)?.value

  return {
    offline: (options) => start('offline', 'offline', options),
    originBlocked: (options) => start('blocked', 'originBlocked', options),
    down: ({ retryAfter = 1, ...options } = {}) =>
      start('down', 'down', options, count('down', 'retryAfter', retryAfter, 0)),
    rateLimited: ({ retryAfter = 1, ...options } = {}) =>
      start('limited', 'rateLimited', options, count('rateLimited', 'retryAfter', retryAfter, 1)),
    refusing: (code, options) => {
      if (!Object.hasOwn(REFUSALS, code))
        throw new TypeError(
          `refusing: code must be one of the contract’s (INVALID_SITE_ID, for example), got ${JSON.stringify(code)}`,
        )
      start('refusing', 'refusing', options, 1, code)
    },
    slow: (ms, options) => start('slow', 'slow', options, count('slow', 'ms', ms, 0)),
    clock: (seconds) => {
      aheadSeconds = count('clock', 'seconds', seconds, -Infinity)
    },
    aheadSeconds: () => aheadSeconds,
    names: () => [
      ...[...running.keys()].map(
        (name) => ({ blocked: 'originBlocked', limited: 'rateLimited' })[name as string] ?? name,
      ),
      ...(aheadSeconds === 0 ? [] : ['clock']),
    ],
    take: (method, fromPage) => {
      if (use('offline')) return { ...NONE, offline: true }
      const isPreflight = method === 'OPTIONS'
      if (!isPreflight && method !== 'POST') return NONE
      if (fromPage && use('blocked'))
        return { ...NONE, blocked: true, slow: (!isPreflight && use('slow')) || 0 }
      if (isPreflight) return NONE
      return {
        ...NONE,
        refusing: once(() => meet('refusing')?.code),
        limited: once(() => use('limited')),
        down: once(() => use('down')),
        slow: use('slow') ?? 0,
      }
    },
  }
}
