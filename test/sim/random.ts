/** A stream of numbers that a seed determines (mulberry32). Each part of a run has its own, so that one more draw in
 * one part does not change what all the others do. */
export class Random {
  #state: number

  constructor(seed: number) {
    // Neighbouring seeds must not lead to similar runs.
    this.#state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b)
    for (let i = 0; i < 3; i++) this.next()
  }

  /** In [0, 1). */
  next = (): number => {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }

  fork(): Random {
    return new Random(this.next() * 2 ** 32)
  }

  chance(p: number): boolean {
    return this.next() < p
  }

  /** An integer in [0, n). */
  below(n: number): number {
    return Math.floor(this.next() * n)
  }

  between(from: number, to: number): number {
    return Math.round(from + this.next() * (to - from))
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)]!
  }

  /** Picks by weight; the weights need not add up to anything. */
  weighted<T>(from: readonly (readonly [weight: number, value: T])[]): T {
    let at = this.next() * from.reduce((sum, [weight]) => sum + weight, 0)
    for (const [weight, value] of from) {
      at -= weight
      if (at < 0) return value
    }
    return from.at(-1)![1]
  }
}
