// Finds the programs that the service tests and the benches start by themselves.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Returns the folders of Postgres' server programs, one for each version, which Debian keeps out of PATH. */
const postgresFolders = () => {
  const root = '/usr/lib/postgresql'
  if (!existsSync(root)) return []
  const versions = readdirSync(root).toSorted((a, b) => Number(b) - Number(a))
  return versions.map((version) => join(root, version, 'bin'))
}

/** @param {string} name */
const installed = (name) => {
  const wanted = process.env.POSTGRES_BIN
  const folders = [
    ...(wanted === undefined ? [] : [wanted]),
    ...(process.env.PATH ?? '').split(delimiter),
    ...postgresFolders(),
    '/opt/homebrew/bin',
  ]
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path))
}

/**
 * Returns the path of a program, which it installs from Debian's packages if that is allowed.
 *
 * @param {string} name
 * @param {string} debianPackage
 * @returns {string}
 * @throws Error that names the package: service tests fail then, they do not skip
 */
export const findProgram = (name, debianPackage) => {
  const found = installed(name)
  if (found !== undefined) return found
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    console.log(`[services] no ${name} found, installing ${debianPackage}`)
    spawnSync('apt-get', ['update', '-q'], { stdio: 'ignore' })
    const install = ['install', '-qy', '--no-install-recommends', debianPackage]
    spawnSync('apt-get', install, { stdio: 'ignore' })
  }
  const path = installed(name)
  if (path === undefined)
    throw new Error(
      `The service tests need ${name}: apt-get install --no-install-recommends ${debianPackage}`,
    )
  return path
}
