import typescript from '@rollup/plugin-typescript'
// @ts-expect-error -- it has no types
import { minify } from 'uglify-js'

/** @param {import('@rollup/plugin-typescript').RollupTypescriptOptions} [options] */
const compile = (options) =>
  typescript({
    tsconfig: './tsconfig.json',
    noEmit: false,
    declaration: false,
    isolatedDeclarations: false,
    exclude: ['**/*.test.ts'],
    ...options,
  })

/** Names that only our own code uses, and that are neither on the wire nor in storage nor the page's to call. */
const internal =
  /^(why|url|after|cancel|report|correct|deliver|run|drop|load|save|serverTs|action|target)$/

/**
 * UglifyJS makes 85 bytes less of this than terser does: it moves what is called once to where it is called. Nothing
 * "unsafe" is switched on: `unsafe_comps` made `button <= 1` of `!(button > 1)`, and no form counted any more.
 *
 * @type {import('rollup').Plugin}
 */
export const smallest = {
  name: 'smallest',
  renderChunk(code) {
    const { code: small, error } = minify(code, {
      compress: { passes: 6, inline: 1, keep_fargs: false },
      mangle: { properties: { builtins: true, domprops: true, regex: internal } },
    })
    if (error) throw error
    return small
  },
}

export default [
  {
    // The script tag. ES2019 syntax: an old browser gets a tracker that stays silent, not a syntax error.
    input: 'src/core.ts',
    output: { file: 'dist/core.js', format: 'iife', strict: false },
    plugins: [compile({ target: 'ES2019' }), smallest],
  },
  {
    input: {
      index: 'src/index.ts',
      contract: 'src/contract/index.ts',
      proxy: 'src/proxy/index.ts',
      'proxy-node': 'src/proxy/node.ts',
      conformance: 'src/conformance/index.ts',
      e2e: 'src/e2e/index.ts',
      cli: 'src/cli/main.ts',
    },
    external: /^node:/,
    output: {
      dir: 'dist',
      format: 'es',
      chunkFileNames: 'chunks/[name].js',
      /** @param {{ name: string }} chunk */
      banner: ({ name }) => (name === 'cli' ? '#!/usr/bin/env node' : ''),
    },
    plugins: [compile({ tsconfig: './tsconfig.tools.json' })],
  },
]
