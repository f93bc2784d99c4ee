import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { isOutdated } from './is-outdated.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
const SHARED = ['package-lock.json', 'tsconfig.base.json', 'tsconfig.json']

/** @type {[script: string, sources: string[], results: string[]][]} */
const BUILDS = [
  [
    'build:tracker',
    ['src', 'rollup.config.mjs', 'rollup.types.config.mjs', ...SHARED],
    ['dist/core.js', 'dist/core.proxy.js', 'dist/proxy.cjs', 'dist/types/index.d.ts'],
  ],
  [
    'build:server',
    ['server-reference/src', 'server-reference/rollup.config.mjs', 'dist/core.js', ...SHARED],
    [
      'server-reference/dist/cli.js',
      'server-reference/dist/memory.cjs',
      'server-reference/dist/assets/core.js',
    ],
  ],
  [
    'build:cli',
    ['cli/src', 'cli/rollup.config.mjs', 'cli/tsconfig.json', ...SHARED],
    ['cli/dist/cli.js', 'cli/dist/conformance.js'],
  ],
  [
    'build:testing',
    ['testing/src', 'testing/rollup.config.mjs', 'testing/tsconfig.json', ...SHARED],
    ['testing/dist/msw.js', 'testing/dist/msw.cjs', 'testing/dist/jest-jsdom.cjs'],
  ],
]

/**
 * Builds the packages that are older than their sources, in the order of their dependencies. Takes milliseconds if all
 * are up to date.
 *
 * @param {RegExp} [only] the scripts that are needed
 */
export const buildOutdated = (only = /./) => {
  for (const [script, sources, results] of BUILDS) {
    if (!only.test(script) || !isOutdated(root, sources, results)) continue
    console.error(`[build] npm run ${script} (the sources are newer than what was built)`)
    // Its own output goes to stderr: stdout belongs to the program that needs the build.
    execFileSync(npm, ['run', '--silent', script], { cwd: root, stdio: ['ignore', 2, 2] })
  }
}
