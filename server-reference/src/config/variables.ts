import { printable } from '../printable.js'
import { VARIABLES, type NameOf, type VariableName } from './variable-table.js'

/** Reads single variables, and collects what is wrong with all of them, so that one start shows every problem. */
export class Variables {
  readonly problems: string[] = []
  readonly #env: Record<string, string | undefined>

  constructor(env: Record<string, string | undefined>) {
    this.#env = env
  }

  /** Returns the unchanged value, for a variable in which a space matters. */
  raw(name: VariableName): string | undefined {
    return this.#env[name]
  }

  /** Returns the trimmed value; an empty variable counts as absent. */
  text(name: VariableName): string | undefined {
    const value = this.#env[name]?.trim()
    return value === '' ? undefined : value
  }

  integer(name: NameOf<'integer'>, fallback: number = VARIABLES[name].fallback): number {
    const { min, max } = VARIABLES[name]
    const value = this.text(name)
    if (value === undefined) return fallback
    const number = Number(value)
    if (/^\d{1,15}$/.test(value) && number >= min && number <= max) return number
    this.refuse(name, value, `a whole number from ${min} to ${max}`)
    return fallback
  }

  flag(name: NameOf<'flag'>): boolean {
    const value = this.text(name)?.toLowerCase()
    if (value === undefined || value === '0' || value === 'false') return false
    if (value === '1' || value === 'true') return true
    this.refuse(name, value, '1 or 0')
    return false
  }

  choice<Name extends NameOf<'choice'>>(name: Name): (typeof VARIABLES)[Name]['choices'][number] {
    const { fallback, choices } = VARIABLES[name]
    const value = this.text(name)
    if (value === undefined) return fallback
    const chosen = choices.find((one) => one === value)
    if (chosen === undefined) this.refuse(name, value, `one of ${choices.join(', ')}`)
    return chosen ?? fallback
  }

  /** Records a problem with a variable. `shown` is never a secret. */
  refuse(name: VariableName, shown: string, expected: string): void {
    this.problems.push(
      `${name}: ${printable(JSON.stringify(shown))} is not usable; expected ${expected}`,
    )
  }
}
