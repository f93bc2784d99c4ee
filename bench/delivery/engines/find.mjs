import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/**
 * @param {string | undefined} asked a path that overrules the names
 * @param {...string} names
 * @returns {string | undefined} the first that is there
 */
export const find = (asked, ...names) =>
  [
    ...(asked ? [asked] : []),
    ...names.flatMap((name) =>
      name.startsWith('/')
        ? [name]
        : (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, name)),
    ),
  ].find((path) => existsSync(path))
