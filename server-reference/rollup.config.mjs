import { chmodSync, cpSync, existsSync, readFileSync } from 'node:fs'
import json from '@rollup/plugin-json'
import typescript from '@rollup/plugin-typescript'
import { bundledSetup, isBundled } from '../scripts/bundled-setup.mjs'
import { transpile } from '../scripts/transpile.mjs'

const { dependencies } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'))
const installed = Object.keys(dependencies)

/** npm dependencies stay outside, the tracker's package with the contract among them. */
const external = (id) =>
  !isBundled(id) &&
  (id.startsWith('node:') || installed.some((name) => id === name || id.startsWith(name + '/')))

const executable = {
  name: 'executable',
  writeBundle: ({ dir }, bundle) => {
    if ('cli.js' in bundle) chmodSync(`${dir}/cli.js`, 0o755)
  },
}

/** `/assets/core.js` is the tracker of the same version. Tests of the server alone run without it; a package must not. */
const scriptTags = {
  name: 'script-tags',
  writeBundle({ dir }) {
    for (const name of ['core.js', 'core.proxy.js']) {
      const built = new URL(`../dist/${name}`, import.meta.url)
      if (existsSync(built)) cpSync(built, `${dir}/assets/${name}`)
      else
        this.warn(`dist/${name} is missing, so /assets/${name} will be 404: npm run build makes it`)
    }
  },
}

export default [
  {
    input: { cli: 'src/cli.ts', index: 'src/index.ts', memory: 'src/memory.ts' },
    external,
    // Chunks are beside the entries: `package-root.ts` finds sql/ and console/ one folder up from wherever it is bundled.
    output: {
      dir: 'dist',
      format: 'es',
      chunkFileNames: '[name].js',
      banner: (chunk) => (chunk.name === 'cli' ? '#!/usr/bin/env node' : ''),
    },
    plugins: [
      json(),
      bundledSetup,
      typescript({
        tsconfig: './tsconfig.json',
        noEmit: false,
        exclude: ['**/*.test.ts', '**/testing/**'],
      }),
      executable,
      scriptTags,
    ],
  },
  {
    // CommonJS, for jest: its own module system cannot require ESM.
    input: { memory: 'src/memory.ts' },
    external,
    output: { dir: 'dist', format: 'cjs', entryFileNames: '[name].cjs' },
    plugins: [json(), transpile],
  },
]
