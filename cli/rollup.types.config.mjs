import { dts } from 'rollup-plugin-dts'

/** @type {import('rollup').RollupOptions} */
export default {
  input: 'src/conformance/index.ts',
  external: /^@opsmantik\/tracker/,
  output: { file: 'dist/conformance.d.ts', format: 'es' },
  plugins: [dts({ tsconfig: './tsconfig.json' })],
}
