import typescript from '@rollup/plugin-typescript'
import { transpile } from '../scripts/transpile.mjs'

const external = /^(node:|msw$|jest-environment-jsdom$|@opsmantik\/)/
/** @type {import('rollup').RollupOptions[]} */
export default [
  {
    input: {
      msw: 'src/msw/index.ts',
      inspection: 'src/inspection/index.ts',
      playwright: 'src/playwright.ts',
    },
    external,
    output: { dir: 'dist', format: 'es', chunkFileNames: '[name].js' },
    plugins: [
      typescript({ tsconfig: './tsconfig.json', noEmit: false, exclude: ['**/*.test.ts'] }),
    ],
  },
  {
    // CommonJS, for jest: its own module system cannot require ESM.
    input: { msw: 'src/msw/index.ts' },
    external,
    output: { dir: 'dist', format: 'cjs', entryFileNames: '[name].cjs' },
    plugins: [transpile],
  },
  {
    // An environment for jest, which loads it outside its own module system: the class is the module.
    input: { 'jest-jsdom': 'src/msw/jest-jsdom.ts' },
    external,
    output: { dir: 'dist', format: 'cjs', entryFileNames: '[name].cjs', exports: 'default' },
    plugins: [transpile],
  },
]
