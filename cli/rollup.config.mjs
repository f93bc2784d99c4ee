import { cpSync } from 'node:fs'
import typescript from '@rollup/plugin-typescript'
import { bundledSetup, isBundled } from '../scripts/bundled-setup.mjs'

/** The test vectors of the contract, for those who write a server or a proxy of their own. */
const vectors = {
  name: 'vectors',
  /** @param {{ dir?: string }} output */
  writeBundle: ({ dir }) => {
    for (const name of ['vectors.json', 'vectors.schema.json'])
      cpSync(new URL(`../src/contract/${name}`, import.meta.url), `${dir}/${name}`)
  },
}

/** @type {import('rollup').RollupOptions} */
export default {
  input: { cli: 'src/main.ts', conformance: 'src/conformance/index.ts' },
  external: (id) => !isBundled(id) && /^(node:|@opsmantik\/tracker)/.test(id),
  output: {
    dir: 'dist',
    format: 'es',
    chunkFileNames: '[name].js',
  },
  plugins: [
    bundledSetup,
    typescript({ tsconfig: './tsconfig.json', noEmit: false, exclude: ['**/*.test.ts'] }),
    vectors,
  ],
}
