import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The file in the project's folder that `--undo` reads. It has places and hashes, and no text: a secret is not in it. */
export const MANIFEST = '.opsmantik-init.json'

export interface Written {
  readonly path: string
  /** SHA-256 of the file as `init` left it. */
  readonly after: string
  /** SHA-256 of the file before; absent: `init` created it. */
  readonly before?: string
  /** The places of what was inserted, in the file as `init` left it. */
  readonly inserted?: readonly { at: number; length: number }[]
}

export interface Manifest {
  readonly files: readonly Written[]
  /** The folders that were created, outermost first. */
  readonly folders: readonly string[]
}

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** @throws SyntaxError if the manifest is not JSON */
export const readManifest = (root: string): Manifest | undefined => {
  const path = join(root, MANIFEST)
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined
}

/** Writes the manifest, or removes it if there is nothing left to undo. */
export const writeManifest = (root: string, manifest: Manifest): void => {
  const path = join(root, MANIFEST)
  if (manifest.files.length === 0) rmSync(path, { force: true })
  else writeFileSync(path, `${JSON.stringify(manifest, null, 2)}\n`)
}
