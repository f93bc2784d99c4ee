import { dts } from 'rollup-plugin-dts'

const types = (/** @type {string} */ input, /** @type {string[]} */ ...files) => ({
  input,
  external: /^(msw$|@opsmantik\/)/,
  output: files.map((file) => ({ file: `dist/${file}`, format: /** @type {const} */ ('es') })),
  plugins: [dts({ tsconfig: './tsconfig.json' })],
})

/** One file of types for each entry; the CommonJS entry has a copy that says so by its name. */
export default [
  types('src/msw/index.ts', 'msw.d.ts', 'msw.d.cts'),
  types('src/inspection/index.ts', 'inspection.d.ts'),
  types('src/playwright.ts', 'playwright.d.ts'),
]
