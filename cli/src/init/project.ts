import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

interface Manifest {
  readonly type?: string
  readonly main?: string
  readonly scripts?: Record<string, string>
  readonly dependencies?: Record<string, string>
  readonly devDependencies?: Record<string, string>
}

/** A project's folder, read only. Paths are relative, with forward slashes. */
export interface Project {
  readonly root: string
  readonly manifest: Manifest
  has(path: string): boolean
  read(path: string): string
  /** Returns whether package.json names a dependency of this name. */
  dependsOn(name: string): boolean
  /** Returns the first of these paths that exists. */
  first(...paths: string[]): string | undefined
  /** Returns the files below a folder whose names end so, three folders deep at most. */
  files(folder: string, ends: RegExp): string[]
}

const DEPTH = 3
const SKIPPED = /^(?:node_modules|dist|build|out|coverage|opsmantik-proxy|\..*)$/

/** @throws SyntaxError if package.json is not JSON */
export const readProject = (root: string): Project => {
  const read = (path: string): string => readFileSync(join(root, path), 'utf8')
  const has = (path: string): boolean => existsSync(join(root, path))
  const manifest: Manifest = has('package.json') ? JSON.parse(read('package.json')) : {}
  const below = (folder: string, depth: number): string[] =>
    readdirSync(join(root, folder), { withFileTypes: true })
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
      .flatMap((entry) => {
        const path = folder === '.' ? entry.name : `${folder}/${entry.name}`
        if (entry.isFile()) return [path]
        if (!entry.isDirectory() || depth === 0 || SKIPPED.test(entry.name)) return []
        return below(path, depth - 1)
      })
  return {
    root,
    manifest,
    has,
    read,
    dependsOn: (name) =>
      name in { ...manifest.dependencies } || name in { ...manifest.devDependencies },
    first: (...paths) => paths.find(has),
    files: (folder, ends) =>
      has(folder) ? below(folder, DEPTH).filter((path) => ends.test(path)) : [],
  }
}
