import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const SKIPPED = /(?:^|\/)node_modules(?:\/|$)/

/** Returns every file of a folder by its path, as hex digits, without installed packages. */
export const treeOf = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !SKIPPED.test(join(entry.parentPath, entry.name)))
      .map((entry) => {
        const path = join(entry.parentPath, entry.name)
        return [path.slice(folder.length + 1), readFileSync(path, 'hex')]
      }),
  )
