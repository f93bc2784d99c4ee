import { readFileSync } from 'node:fs'
import { dts } from 'rollup-plugin-dts'

const { dependencies } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'))
const installed = Object.keys(dependencies)

const types = (/** @type {string} */ input, /** @type {string[]} */ ...files) => ({
  input,
  external: (/** @type {string} */ id) =>
    id.startsWith('node:') || installed.some((name) => id === name || id.startsWith(name + '/')),
  output: files.map((file) => ({ file: `dist/${file}`, format: /** @type {const} */ ('es') })),
  plugins: [dts({ tsconfig: './tsconfig.json' })],
})

/** One file of types for each entry; the CommonJS entry has a copy that says so by its name. */
export default [
  types('src/index.ts', 'index.d.ts'),
  types('src/memory.ts', 'memory.d.ts', 'memory.d.cts'),
]
