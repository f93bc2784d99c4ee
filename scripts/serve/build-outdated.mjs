import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { isOutdated } from './is-outdated.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
const SHARED = ['package-lock.json', 'tsconfig.base.json', 'tsconfig.json']

/** @type {[script: string, sources: string[], results: string[]][]} */
const BUILDS = [
  [
    'build',
    // The mocks contain the server.
    ['src', 'server-reference/src', 'rollup.config.mjs', 'tsconfig.build.json', ...SHARED],
    ['dist/core.js', 'dist/core.proxy.js', 'dist/cli.js', 'dist/msw.js', 'dist/cjs/index.d.ts'],
  ],
  [
    'build:server',
    [
      'src',
      'server-reference/src',
      'server-reference/rollup.config.mjs',
      'dist/core.js',
      ...SHARED,
    ],
    ['server-reference/dist/cli.js', 'server-reference/dist/assets/core.js'],
  ],
]

/** Builds what is older than its sources: the package, then the server. Takes milliseconds if nothing is. */
export const buildOutdated = () => {
  for (const [script, sources, results] of BUILDS) {
    if (!isOutdated(root, sources, results)) continue
    console.error(`[build] npm run ${script} (the sources are newer than what was built)`)
    // Its own output goes to stderr: stdout belongs to the program that needs the build.
    execFileSync(npm, ['run', '--silent', script], { cwd: root, stdio: ['ignore', 2, 2] })
  }
}
