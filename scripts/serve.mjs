// npm run serve: starts the reference server from a checkout. Builds first what is older than its sources.
import { execFileSync, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { isOutdated } from './serve/is-outdated.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
const CLI = 'server-reference/dist/cli.js'
const SHARED = ['package-lock.json', 'tsconfig.base.json', 'tsconfig.json']

/** @type {[script: string, sources: string[], results: string[]][]} */
const BUILDS = [
  [
    'build',
    ['src', 'rollup.config.mjs', ...SHARED],
    ['dist/core.js', 'dist/core.proxy.js', 'dist/cli.js'],
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
    [CLI, 'server-reference/dist/assets/core.js'],
  ],
]
for (const [script, sources, results] of BUILDS)
  if (isOutdated(root, sources, results)) {
    console.error(`npm run ${script} (the sources are newer than what was built)`)
    // Its own output goes to stderr: the server's line with its URL is all that stdout has.
    execFileSync(npm, ['run', '--silent', script], { cwd: root, stdio: ['ignore', 2, 2] })
  }

const server = spawn(process.execPath, [`${root}${CLI}`, ...process.argv.slice(2)], {
  stdio: 'inherit',
})
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
  process.on(signal, () => server.kill(signal))
server.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 128)))
