import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { sha256, writeManifest, type Manifest, type Written } from './manifest.js'
import type { FileChange, Insertion } from './plan.js'

/** Returns the text with the insertions, and where they are in it. */
const insertAll = (
  text: string,
  insertions: readonly Insertion[],
): { text: string; inserted: { at: number; length: number }[] } => {
  const inserted: { at: number; length: number }[] = []
  let result = ''
  let taken = 0
  for (const { at, text: added } of insertions) {
    result += text.slice(taken, at)
    inserted.push({ at: result.length, length: added.length })
    result += added
    taken = at
  }
  return { text: result + text.slice(taken), inserted }
}

/** Returns the folders of a path that are not there yet, outermost first. */
const missingFolders = (root: string, path: string): string[] => {
  const missing: string[] = []
  for (let folder = dirname(path); folder !== '.'; folder = dirname(folder))
    if (!existsSync(join(root, folder))) missing.unshift(folder)
  return missing
}

/**
 * Carries the changes out. The manifest is written after each of them, so that what a failure has left half done can be
 * undone.
 *
 * @throws if a file that is to be created has appeared since the plan was made
 */
export const applyChanges = (root: string, changes: readonly FileChange[]): void => {
  const files: Written[] = []
  const folders: string[] = []
  const save = (written: Written): void => {
    files.push(written)
    writeManifest(root, { files, folders } satisfies Manifest)
  }
  for (const change of changes) {
    const file = join(root, change.path)
    if (change.kind === 'create') {
      const missing = missingFolders(root, change.path)
      mkdirSync(dirname(file), { recursive: true })
      folders.push(...missing)
      // A secret may be in it: nobody else on the machine has to read what init creates.
      const isSecret = /(?:^|\/)\.(?:env|dev\.vars)/.test(change.path)
      writeFileSync(file, change.text, { flag: 'wx', ...(isSecret && { mode: 0o600 }) })
      save({ path: change.path, after: sha256(change.text) })
    } else {
      const before = readFileSync(file, 'utf8')
      const { text, inserted } = insertAll(before, change.insertions)
      writeFileSync(file, text)
      save({ path: change.path, after: sha256(text), before: sha256(before), inserted })
    }
  }
}
