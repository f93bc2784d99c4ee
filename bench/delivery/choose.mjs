/**
 * Returns the known words that an option asks for; ends the process if it asks for another.
 *
 * @template {string} T
 * @param {string} option
 * @param {string} asked separated by commas
 * @param {readonly T[]} known
 */
export function choose(option, asked, known) {
  const unknown = asked.split(',').filter((word) => !known.some((name) => name === word))
  if (unknown.length) {
    console.error(`--${option} ${unknown}: one of ${known.join(', ')} was expected`)
    process.exit(2)
  }
  return known.filter((name) => asked.split(',').includes(name))
}
