import { dts } from 'rollup-plugin-dts'

/**
 * One file of types for each entry. The copy for CommonJS says so by its name, and has no comments: editors show those of
 * the first.
 */
export default ['ts', 'cts'].map((suffix) => ({
  input: {
    index: 'src/index.ts',
    contract: 'src/contract/index.ts',
    proxy: 'src/proxy/index.ts',
    'proxy-node': 'src/proxy/node.ts',
  },
  output: {
    dir: 'dist/types',
    format: 'es',
    entryFileNames: `[name].d.${suffix}`,
    chunkFileNames: `[name].d.${suffix}`,
  },
  plugins: [
    dts({
      tsconfig: './tsconfig.json',
      compilerOptions: suffix === 'cts' ? { removeComments: true } : {},
    }),
  ],
}))
