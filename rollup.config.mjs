import typescript from '@rollup/plugin-typescript'
import terser from '@rollup/plugin-terser'

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

const internal =
  /^(siteId|proxyUrl|secret|consoleUrl|debug|intents|why|url|after|report|deliver|stop|put|remove|list|drop|load|save|serverTs|action|target)$/

/**
 * Eleven bytes: the type checker has already seen to it that nothing is assigned twice.
 * @type {import('rollup').Plugin}
 */
const constToLet = {
  name: 'const-to-let',
  renderChunk: (code) => code.replace(/\bconst /g, 'let '),
}

export default [
  {
    // The script tag. ES2019 syntax: an old browser gets a tracker that stays silent, not a syntax error.
    input: 'src/core.ts',
    output: { file: 'dist/core.js', format: 'iife', strict: false },
    plugins: [
      compile({ target: 'ES2019' }),
      terser({
        ecma: 2019,
        toplevel: true,
        compress: { passes: 4, unsafe: true, unsafe_arrows: true, unsafe_methods: true },
        // Names that only our own code uses, and that are neither on the wire nor in storage.
        mangle: { properties: { builtins: true, regex: internal } },
      }),
      constToLet,
    ],
  },
  {
    input: {
      index: 'src/index.ts',
      contract: 'src/contract/index.ts',
      proxy: 'src/proxy/index.ts',
    },
    output: { dir: 'dist', format: 'es', chunkFileNames: 'chunks/[name].js' },
    plugins: [compile()],
  },
]
