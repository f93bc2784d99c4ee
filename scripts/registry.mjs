// npm run registry: packs the four packages and serves them as a registry on this machine, until Ctrl-C.
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { packagesIn } from './registry/packages.mjs'
import { startRegistry } from './registry/start-registry.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
execFileSync('npm', ['run', '--silent', 'pack:all'], { cwd: root, stdio: 'inherit' })
const { url } = await startRegistry({
  packed: packagesIn(root),
  port: Number(process.env['PORT'] || 4873),
  upstream: execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).trim(),
})
console.log(`
  The packages of this checkout, as npm will have them. In any other terminal:

    export npm_config_registry=${url}

  npx opsmantik, npm install @opsmantik/tracker and all other packages then come from here. Ctrl-C ends it.
`)
