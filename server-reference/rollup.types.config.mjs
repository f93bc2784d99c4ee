import { readFileSync } from 'node:fs'
import { dts } from 'rollup-plugin-dts'

const { dependencies } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'))
const installed = Object.keys(dependencies)

/** One file of types. They name the contract's, which lie in the tracker's package, so those are bundled in as its code is. */
export default {
  input: 'src/index.ts',
  external: (/** @type {string} */ id) =>
    id.startsWith('node:') || installed.some((name) => id === name || id.startsWith(name + '/')),
  output: { file: 'dist/index.d.ts', format: 'es' },
  plugins: [dts({ tsconfig: './tsconfig.json', includeExternal: ['@opsmantik/tracker'] })],
}
