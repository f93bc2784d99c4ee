// npm run serve: starts the reference server from a checkout. Builds first what is older than its sources.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { buildOutdated } from './serve/build-outdated.mjs'

buildOutdated(/tracker|server/)
const cli = fileURLToPath(new URL('../server-reference/dist/cli.js', import.meta.url))
const server = spawn(process.execPath, [cli, ...process.argv.slice(2)], { stdio: 'inherit' })
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
  process.on(signal, () => server.kill(signal))
server.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 128)))
