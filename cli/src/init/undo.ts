import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { isAbsolute, join, normalize } from 'node:path'
import { CannotRun } from '../commands/usage.js'
import { MANIFEST, readManifest, sha256, writeManifest, type Written } from './manifest.js'

export interface Undone {
  readonly removed: readonly string[]
  readonly restored: readonly string[]
  /** Files that have changed since `init` wrote them, and are left as they are. */
  readonly left: readonly string[]
}

/** Returns the text without what was inserted. */
const without = (text: string, inserted: readonly { at: number; length: number }[]): string =>
  inserted
    .toReversed()
    .reduce((rest, { at, length }) => rest.slice(0, at) + rest.slice(at + length), text)

const takeBack = (file: string, { after, before, inserted }: Written): keyof Undone | undefined => {
  // The user has removed it already.
  if (!existsSync(file)) return undefined
  const text = readFileSync(file, 'utf8')
  if (sha256(text) !== after) return 'left'
  if (before === undefined) {
    rmSync(file)
    return 'removed'
  }
  const original = without(text, inserted ?? [])
  if (sha256(original) !== before) return 'left'
  writeFileSync(file, original)
  return 'restored'
}

/** Files that an installer leaves in a folder besides the packages. */
const INSTALLED = /^(?:node_modules|package-lock\.json|pnpm-lock\.yaml|yarn\.lock|bun\.lockb?)$/

/** Removes a folder that `init` created. What was installed there for `init`'s own package.json goes with it. */
const removeFolder = (folder: string): void => {
  if (!existsSync(folder)) return
  const names = readdirSync(folder)
  if (names.every((name) => INSTALLED.test(name))) rmSync(folder, { recursive: true })
}

/**
 * Takes back what `init` wrote in this folder: removes the files that it created and the lines that it inserted. A file
 * that has changed since stays, and so does its entry in the manifest.
 *
 * @throws CannotRun if there is nothing to undo
 */
export const undo = (root: string): Undone => {
  const manifest = readManifest(root)
  if (!manifest) throw new CannotRun(`there is nothing to undo here: ${MANIFEST} is missing`)
  const undone = { removed: [] as string[], restored: [] as string[], left: [] as string[] }
  const leftFiles: Written[] = []
  for (const written of manifest.files.toReversed()) {
    const path = normalize(written.path)
    if (isAbsolute(path) || path.startsWith('..'))
      throw new CannotRun(`${MANIFEST} names a file outside of this folder: ${written.path}`)
    const what = takeBack(join(root, path), written)
    if (what) undone[what].push(written.path)
    if (what === 'left') leftFiles.unshift(written)
  }
  for (const folder of manifest.folders.toReversed()) {
    const path = normalize(folder)
    if (isAbsolute(path) || path.startsWith('..')) continue
    removeFolder(join(root, path))
  }
  writeManifest(root, { files: leftFiles, folders: leftFiles.length > 0 ? manifest.folders : [] })
  return undone
}
