import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import ts from 'typescript'

/**
 * Compiles TypeScript file by file, without looking at types: for a second format of what was already checked.
 *
 * @type {import('rollup').Plugin}
 */
export const transpile = {
  name: 'transpile',
  resolveId(source, importer) {
    if (!importer || !source.startsWith('.')) return null
    const path = resolve(dirname(importer), source.replace(/\.js$/, '.ts'))
    return existsSync(path) ? path : null
  },
  transform(code, id) {
    if (!id.endsWith('.ts')) return null
    const { outputText } = ts.transpileModule(code, {
      compilerOptions: {
        target: ts.ScriptTarget.ES2022,
        module: ts.ModuleKind.ESNext,
        verbatimModuleSyntax: true,
      },
    })
    return { code: outputText, map: null }
  },
}
