/** Reads single variables, and collects what is wrong with all of them before anybody gives up. */
export class Variables {
  readonly problems: string[] = []
  readonly #env: Record<string, string | undefined>

  constructor(env: Record<string, string | undefined>) {
    this.#env = env
  }

  /** The trimmed value; an empty variable counts as absent. */
  text(name: string): string | undefined {
    const value = this.#env[name]?.trim()
    return value === '' ? undefined : value
  }

  integer(name: string, fallback: number, min: number, max: number): number {
    const value = this.text(name)
    if (value === undefined) return fallback
    const number = Number(value)
    if (/^\d{1,15}$/.test(value) && number >= min && number <= max) return number
    this.refuse(name, value, `a whole number from ${min} to ${max}`)
    return fallback
  }

  flag(name: string): boolean {
    const value = this.text(name)?.toLowerCase()
    if (value === undefined || value === '0' || value === 'false') return false
    if (value === '1' || value === 'true') return true
    this.refuse(name, value, '1 or 0')
    return false
  }

  oneOf<T extends string>(name: string, fallback: T, choices: readonly T[]): T {
    const value = this.text(name)
    if (value === undefined) return fallback
    const chosen = choices.find((choice) => choice === value)
    if (chosen === undefined) this.refuse(name, value, `one of ${choices.join(', ')}`)
    return chosen ?? fallback
  }

  /** `shown` is never a secret. */
  refuse(name: string, shown: string, expected: string): void {
    this.problems.push(`${name}: ${JSON.stringify(shown)} is not usable; expected ${expected}`)
  }
}
