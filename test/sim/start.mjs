// @ts-check
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { bundle, ROOT } from './bundle.mjs'

// Node 20 does not run TypeScript. The folder is inside node_modules, so that packages are found from there.
const folder = join(ROOT, 'node_modules/.cache/opsmantik-sim')
mkdirSync(folder, { recursive: true })
const file = join(folder, `cli-${process.pid}.mjs`)
writeFileSync(file, await bundle('test/sim/cli.ts', 'es'))
await import(pathToFileURL(file).href)
