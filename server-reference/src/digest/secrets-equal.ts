/**
 * Compares two secrets in a time that depends on their lengths only, not on how many of their first characters are
 * equal.
 */
export const secretsEqual = (given: string, expected: string): boolean => {
  let difference = given.length ^ expected.length
  for (let at = 0; at < expected.length; at++)
    difference |= (given.charCodeAt(at) || 0) ^ expected.charCodeAt(at)
  return difference === 0
}
