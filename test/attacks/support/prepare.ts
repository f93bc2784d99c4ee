import { execFile } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { TestProject } from 'vitest/node'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../../..', import.meta.url))

/** The oldest that `engines` admits, and the newest of each line. */
const NODE_VERSIONS = ['20.19.0', '22', '24', '26']

declare module 'vitest' {
  interface ProvidedContext {
    /** A folder with the built server in `dist/`. */
    serverFolder: string
    /** Programs by version, oldest first. */
    nodes: { version: string; path: string }[]
  }
}

/** Builds the server once, and installs the Node versions from npm, which has a package of each for every platform. */
export default async (project: TestProject): Promise<() => void> => {
  const folder = mkdtempSync(join(tmpdir(), 'opsmantik-attacks-'))
  project.provide('serverFolder', folder)
  const [nodes] = await Promise.all([Promise.all(NODE_VERSIONS.map(installNode)), build(folder)])
  project.provide('nodes', nodes)
  return () => rmSync(folder, { recursive: true, force: true })
}

const build = async (folder: string): Promise<void> => {
  const source = join(root, 'server-reference')
  for (const name of ['sql', 'console', 'package.json'])
    cpSync(join(source, name), join(folder, name), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  const rollup = join(root, 'node_modules', 'rollup', 'dist', 'bin', 'rollup')
  await run(process.execPath, [rollup, '-c', '--dir', join(folder, 'dist'), '--silent'], {
    cwd: source,
  })
}

const installNode = async (range: string): Promise<{ version: string; path: string }> => {
  const name = `node-${process.platform}-${process.arch}`
  const folder = join(root, 'node_modules', '.cache', 'opsmantik-nodes', range)
  const path = join(folder, 'node_modules', name, 'bin', 'node')
  if (!existsSync(path)) {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'package.json'), '{}')
    await run(
      'npm',
      ['install', '--ignore-scripts', '--no-audit', '--no-fund', `${name}@${range}`],
      {
        cwd: folder,
      },
    )
  }
  const { stdout } = await run(path, ['--version'])
  return { version: stdout.trim().slice(1), path }
}
