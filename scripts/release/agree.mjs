/** The packages beside the tracker's, in the order of their dependencies, which is the order of publishing. */
export const WORKSPACES = ['server-reference', 'testing', 'cli']

/**
 * The facts that a release states in several places.
 *
 * @typedef {object} Said
 * @property {{ version: string, 'size-limit': { limit: string }[] }} tracker package.json
 * @property {Record<string, { version: string, dependencies?: Record<string, string> }>} others the manifests of the workspaces
 * @property {{ version: string, packages: Record<string, { version?: string }> }} lock package-lock.json
 * @property {string} readme
 * @property {string} changelog
 * @property {number} size bytes of dist/core.js in brotli 11
 */

const HEADING = /^## (\d+\.\d+\.\d+(?:-[\w.]+)?) — (.+)$/m
const DAY = /^\d{4}-\d\d-\d\d$/

/**
 * Returns the newest section of the changelog.
 *
 * @param {string} changelog
 * @returns {{ version: string, date: string, notes: string } | undefined}
 */
export const newestChanges = (changelog) => {
  const heading = HEADING.exec(changelog)
  if (!heading) return undefined
  const after = changelog.slice(heading.index + heading[0].length)
  const end = after.search(/^## /m)
  return {
    version: heading[1] ?? '',
    date: heading[2] ?? '',
    notes: (end < 0 ? after : after.slice(0, end)).trim(),
  }
}

/**
 * Returns the disagreements between the places: a sentence each that says what to change.
 *
 * @param {Said} said
 * @returns {string[]}
 */
export const findDisagreements = ({ tracker, others, lock, readme, changelog, size }) => {
  const problems = []
  const { version } = tracker
  const differs = (/** @type {string} */ where, /** @type {string | undefined} */ other) => {
    if (other !== version)
      problems.push(`package.json says ${version}, ${where} says ${other ?? 'nothing'}`)
  }
  differs('package-lock.json', lock.version)
  for (const folder of WORKSPACES) {
    const { version: own, dependencies = {} } = others[folder] ?? {}
    differs(`${folder}/package.json`, own)
    differs(`package-lock.json (${folder})`, lock.packages[folder]?.version)
    for (const [name, range] of Object.entries(dependencies))
      if (name.startsWith('@opsmantik/')) differs(`${folder}/package.json (${name})`, range)
  }

  const changes = newestChanges(changelog)
  differs('the newest section of CHANGELOG.md', changes?.version)
  if (changes && !DAY.test(changes.date))
    problems.push(
      `CHANGELOG.md: the heading of ${changes.version} says “${changes.date}”; write the day of the release, YYYY-MM-DD`,
    )
  if (changes && changes.notes === '')
    problems.push(`CHANGELOG.md: the section of ${changes.version} is empty`)

  const written = /<!-- size -->([\d,]+)<!-- \/size -->/.exec(readme)?.[1]
  const actual = size.toLocaleString('en')
  if (written !== actual)
    problems.push(`README.md says ${written ?? 'no size'}, dist/core.js has ${actual} bytes`)
  const limit = Number.parseInt(tracker['size-limit'][0]?.limit ?? '', 10)
  if (!(size <= limit))
    problems.push(`the limit in package.json is ${limit} bytes, dist/core.js has ${actual}`)
  return problems
}
