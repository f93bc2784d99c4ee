import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Returns true if a result is missing or older than the newest of its sources. Tests are no sources.
 *
 * @param {string} root the folder that the paths begin at
 * @param {readonly string[]} sources files and folders
 * @param {readonly string[]} results files
 */
export const isOutdated = (root, sources, results) => {
  const built = results.map((path) => timeOf(join(root, path)))
  const newest = sources.flatMap((path) => filesBelow(join(root, path))).map(timeOf)
  return Math.min(...built) < Math.max(...newest)
}

/** @param {string} path */
const timeOf = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0

/**
 * @param {string} path
 * @returns {string[]}
 */
const filesBelow = (path) => {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return [path]
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.test\.\w+$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
}
