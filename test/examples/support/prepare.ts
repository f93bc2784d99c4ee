import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'
import { run } from './run.js'

/** The four packages by the folders of the repository that they are in. */
const PACKAGES = {
  tracker: '.',
  server: 'server-reference',
  testing: 'testing',
  cli: 'cli',
} as const
type PackageName = keyof typeof PACKAGES

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder into which the examples are installed, and its packages as files. */
    workspace: string
    tarballs: Record<PackageName, string>
  }
}

const root = fileURLToPath(new URL('../../..', import.meta.url))
/** Folders of examples/ that are no npm packages. */
const OTHERS = ['vectors', 'wordpress', 'msw-vitest', 'proxy-php', 'server-python']

const pack = async (folder: string, to: string): Promise<string> => {
  const [packed] = JSON.parse(
    await run('npm', ['pack', '--json', '--pack-destination', to], folder),
  )
  return join(to, packed.filename)
}

/**
 * Installs all examples as one workspace, with the packed tarballs instead of the packages from npm. `EXAMPLES_DIR`
 * names a folder that is kept, so that the next run has little to install.
 */
export default async (project: TestProject): Promise<() => Promise<void>> => {
  const kept = process.env['EXAMPLES_DIR']
  const workspace = kept ?? mkdtempSync(join(tmpdir(), 'opsmantik-examples-'))
  mkdirSync(workspace, { recursive: true })
  await run('npm', ['run', 'build:types'], root)
  const tarballs = {} as Record<PackageName, string>
  for (const [name, folder] of Object.entries(PACKAGES))
    tarballs[name as PackageName] = await pack(join(root, folder), workspace)
  const names: string[] = []
  const add = (from: string, name: string): void => {
    const folder = join(workspace, name)
    cpSync(from, folder, {
      recursive: true,
      filter: (path) => !/node_modules|\.next|\/dist$/.test(path),
    })
    const file = join(folder, 'package.json')
    const manifest = readFileSync(file, 'utf8')
      .replace(/("@opsmantik\/tracker": )"[^"]+"/, `$1"file:${tarballs.tracker}"`)
      .replace(/("@opsmantik\/reference-server": )"[^"]+"/, `$1"file:${tarballs.server}"`)
      .replace(/("@opsmantik\/testing": )"[^"]+"/, `$1"file:${tarballs.testing}"`)
    writeFileSync(file, manifest)
    names.push(name)
  }
  const examples = join(root, 'examples')
  for (const name of readdirSync(examples))
    if (!OTHERS.includes(name)) add(join(examples, name), name)
  const bundled = join(root, 'test/examples/bundled')
  for (const name of readdirSync(bundled)) add(join(bundled, name), name)
  writeFileSync(
    join(workspace, 'package.json'),
    JSON.stringify({ name: 'opsmantik-examples', private: true, workspaces: names }),
  )
  // A tarball of the same version with other content is not installed over the last one, unless that is taken away.
  rmSync(join(workspace, 'node_modules/@opsmantik'), { recursive: true, force: true })
  rmSync(join(workspace, 'package-lock.json'), { force: true })
  console.log(`[examples] npm install in ${workspace}`)
  await run(
    'npm',
    ['install', '--prefer-offline', '--no-audit', '--no-fund'],
    workspace,
    {},
    240_000,
  )
  project.provide('workspace', workspace)
  project.provide('tarballs', tarballs)
  return async () => {
    if (!kept) await rm(workspace, { recursive: true, force: true })
  }
}
