// npm run bench:shops -- --seed 1 --sites 5 --days 30 --database .data: a month of invented shops, and with --answers
// the owners' questions about the second half of it.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { bundle, ROOT } from '../../test/sim/bundle.mjs'

// Node 20 does not run TypeScript.
const folder = join(ROOT, 'node_modules/.cache/opsmantik-bench')
mkdirSync(folder, { recursive: true })
const file = join(folder, `shops-${process.pid}.mjs`)
writeFileSync(file, await bundle('bench/shops/main.ts', 'es'))
await import(pathToFileURL(file).href)
