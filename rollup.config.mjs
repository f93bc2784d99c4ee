import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import json from '@rollup/plugin-json'
import resolve from '@rollup/plugin-node-resolve'
import typescript from '@rollup/plugin-typescript'
import { minify } from 'terser'
import ts from 'typescript'

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
  /^(why|url|after|cancel|report|correct|deliver|run|drop|load|save|serverTs|action|target|fault|entry|leases|taken|freed|send|clear)$/

/**
 * terser, which is maintained. Nothing "unsafe" is switched on: `unsafe_comps` of UglifyJS made `button <= 1` of
 * `!(button > 1)`, and no form counted any more.
 *
 * @type {import('rollup').Plugin}
 */
export const smallest = {
  name: 'smallest',
  async renderChunk(code) {
    const { code: small = '' } = await minify(code, {
      ecma: 2019,
      toplevel: true,
      compress: { passes: 6, keep_fargs: false, inline: 1 },
      mangle: { properties: { builtins: true, regex: internal } },
    })
    return small
  },
}

/**
 * Puts build.proxy.ts in the place of build.ts.
 *
 * @type {import('rollup').Plugin}
 */
const proxyOnly = {
  name: 'proxy-only',
  resolveId: (source) => (source.endsWith('/build.js') ? here('src/tracker/build.proxy.ts') : null),
}

/** @param {string} path */
const here = (path) => fileURLToPath(new URL(path, import.meta.url))

/**
 * The proxy signs with WebCrypto, which jsdom does not have.
 *
 * @type {import('rollup').Plugin}
 */
const withoutWebCrypto = {
  name: 'without-web-crypto',
  resolveId: (source) => (source === './sign.js' ? here('src/msw/browser/proxy-sign.ts') : null),
}

/** What the licences of bundled packages ask for: their notices, in the bundle. */
const licences = () =>
  ['hono', 'zod', '@hono/zod-openapi', '@hono/zod-validator', '@asteasolutions/zod-to-openapi']
    .map((name) => {
      const folder = `node_modules/${name}/`
      const { version, license } = JSON.parse(readFileSync(here(folder + 'package.json'), 'utf8'))
      const file = readdirSync(here(folder)).find((entry) => /^licen[cs]e/i.test(entry))
      const text = file === undefined ? license : readFileSync(here(folder + file), 'utf8')
      return `/*!\nContains ${name} ${version} (${license})\n\n${text.trim()}\n*/`
    })
    .join('\n')

/**
 * Types of src/msw, each file by itself: a program would take in the reference server, whose types nobody needs.
 *
 * @type {import('rollup').Plugin}
 */
const typesOfMsw = {
  name: 'types-of-msw',
  generateBundle() {
    for (const name of ['index', 'kit', 'opsmantik', 'options']) {
      const source = readFileSync(here(`src/msw/${name}.ts`), 'utf8')
      const { outputText } = ts.transpileDeclaration(source, {
        compilerOptions: { target: ts.ScriptTarget.ES2022, strict: true },
      })
      for (const folder of ['types', 'cjs'])
        this.emitFile({ type: 'asset', fileName: `${folder}/msw/${name}.d.ts`, source: outputText })
    }
    // What lies in this folder are the types of the CommonJS files.
    this.emitFile({ type: 'asset', fileName: 'cjs/package.json', source: '{"type":"commonjs"}' })
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
    // The same without signing and page views: what a site with a proxy needs.
    input: 'src/core.ts',
    output: { file: 'dist/core.proxy.js', format: 'iife', strict: false },
    plugins: [proxyOnly, compile({ target: 'ES2019' }), smallest],
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
    plugins: [compile()],
  },
  {
    input: { msw: 'src/msw/index.ts' },
    /** @type {import('rollup').WarningHandlerWithDefault} */
    onwarn: (warning, warn) => {
      if (!/node_modules/.test(warning.message)) warn(warning)
    },
    external: 'msw',
    output: [
      { dir: 'dist', format: 'es', banner: licences },
      { dir: 'dist', format: 'cjs', entryFileNames: '[name].cjs', banner: licences },
    ],
    plugins: [
      withoutWebCrypto,
      resolve({ exportConditions: ['opsmantik-source'], browser: true }),
      json(),
      compile({ tsconfig: './tsconfig.msw.json' }),
      typesOfMsw,
    ],
  },
  {
    // An environment for jest, which loads it outside its own module system: the class is the module.
    input: { 'jest-jsdom': 'src/msw/jest-jsdom.ts' },
    external: ['node:crypto', 'jest-environment-jsdom'],
    output: { dir: 'dist', format: 'cjs', entryFileNames: '[name].cjs', exports: 'default' },
    plugins: [compile({ tsconfig: './tsconfig.msw.json' })],
  },
]
