const MAX_DEPTH = 16

/**
 * Returns why Postgres could not store this value, or null. Postgres refuses some legal JSON: `\u0000`, half of a
 * surrogate pair, a number that is infinite once read (1e999), and nesting without end (contract section 16).
 */
export const unstorable = (value: unknown, depth = 0): string | null => {
  if (typeof value === 'string') {
    // Most texts have neither a NUL nor any surrogate.
    if (!/[\0\ud800-\udfff]/.test(value)) return null
    if (value.includes('\0')) return 'must not contain \\u0000'
    return /\p{Surrogate}/u.test(value) ? 'must not contain half of a surrogate pair' : null
  }
  if (typeof value === 'number')
    return Number.isFinite(value) ? null : 'must not contain a number beyond 1.8e308'
  if (typeof value !== 'object' || value === null) return null
  if (depth === MAX_DEPTH) return `must not be nested deeper than ${MAX_DEPTH} levels`
  for (const [key, inner] of Object.entries(value)) {
    const problem = unstorable(key) ?? unstorable(inner, depth + 1)
    if (problem !== null) return problem
  }
  return null
}
