// npm run bench:embedded: what syncing every commit to the disk costs the embedded database.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { bundle, ROOT } from '../../test/sim/bundle.mjs'

// Node 20 does not run TypeScript. The folder is inside node_modules, so that packages are found from there.
const folder = join(ROOT, 'node_modules/.cache/opsmantik-bench')
mkdirSync(folder, { recursive: true })
const file = join(folder, `embedded-${process.pid}.mjs`)
writeFileSync(file, await bundle('bench/embedded/measure.ts', 'es'))
await import(pathToFileURL(file).href)
