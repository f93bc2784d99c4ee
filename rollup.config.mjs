import { fileURLToPath } from 'node:url'
import typescript from '@rollup/plugin-typescript'
import { minify } from 'terser'

/** @param {import('@rollup/plugin-typescript').RollupTypescriptOptions} [options] */
const compile = (options) =>
  typescript({
    tsconfig: './tsconfig.json',
    noEmit: false,
    exclude: ['**/*.test.ts'],
    ...options,
  })

/** Names that only our own code uses, and that are neither on the wire nor in storage nor the page's to call. */
const internal = /^(load|save|serverTs|action|target|fault)$/

/**
 * terser, which is maintained. One word for declarations instead of two is 50 bytes of brotli less. Nothing "unsafe" is switched on: `unsafe_comps` of UglifyJS made `button <= 1` of
 * `!(button > 1)`, and no form counted any more.
 *
 * @type {import('rollup').Plugin}
 */
export const smallest = {
  name: 'smallest',
  async renderChunk(code) {
    const { code: small = '' } = await minify(code.replace(/\bconst\b/g, 'let'), {
      ecma: 2020,
      toplevel: true,
      compress: { passes: 6, keep_fargs: false, inline: 1, reduce_funcs: false },
      mangle: { properties: { builtins: true, regex: internal } },
    })
    return small
  },
}

/**
 * Takes the white space out and changes nothing else, so that the package stays small.
 *
 * @type {import('rollup').Plugin}
 */
const compact = {
  name: 'compact',
  renderChunk: async (code) => (await minify(code, { compress: false, mangle: false })).code ?? '',
}

/**
 * Puts build.proxy.ts in the place of build.ts.
 *
 * @type {import('rollup').Plugin}
 */
const proxyOnly = {
  name: 'proxy-only',
  resolveId: (source) =>
    source.endsWith('/build.js') ? here('src/contract/build.proxy.ts') : null,
}

/** @param {string} path */
const here = (path) => fileURLToPath(new URL(path, import.meta.url))

export default [
  {
    // The script tag. ES2021 syntax, which every browser since 2020 has; what an older one lacks at run time keeps it silent.
    input: 'src/core.ts',
    output: { file: 'dist/core.js', format: 'iife', strict: false },
    plugins: [compile({ target: 'ES2021' }), smallest],
  },
  {
    // The same without signing and page views: what a site with a proxy needs.
    input: 'src/core.ts',
    output: { file: 'dist/core.proxy.js', format: 'iife', strict: false },
    plugins: [proxyOnly, compile({ target: 'ES2021' }), smallest],
  },
  {
    input: {
      index: 'src/index.ts',
      contract: 'src/contract/index.ts',
      proxy: 'src/proxy/index.ts',
      'proxy-node': 'src/proxy/node.ts',
    },
    external: /^node:/,
    output: {
      dir: 'dist',
      format: 'es',
      chunkFileNames: 'chunks/[name].js',
    },
    plugins: [compile({ removeComments: true })],
  },
  {
    // CommonJS, for jest: its own module system cannot require what is ESM. Everybody else has the same copy as `import`.
    input: {
      index: 'src/index.ts',
      contract: 'src/contract/index.ts',
      proxy: 'src/proxy/index.ts',
    },
    output: {
      dir: 'dist',
      format: 'cjs',
      entryFileNames: '[name].cjs',
      chunkFileNames: 'chunks/[name].cjs',
    },
    plugins: [compile({ removeComments: true }), compact],
  },
  {
    // What the doctor and the server's setup page look at alike. They bundle it; the tracker's package is without it.
    input: 'src/setup/index.ts',
    output: { file: 'dist/setup.js', format: 'es' },
    plugins: [compile({ removeComments: true }), compact],
  },
]
