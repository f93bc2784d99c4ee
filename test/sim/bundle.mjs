// @ts-check
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { rollup } from 'rollup'
import ts from 'typescript'

/** @typedef {{ file: string, find: string, replace: string }} Edit */

/** The checkout; npm and vitest start there. */
export const ROOT = process.cwd()

/** @type {Map<string, string>} */
const compiled = new Map()

/** @param {string} code */
const compile = (code) =>
  ts.transpileModule(code, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  }).outputText

/**
 * One file of our TypeScript and all it imports, as a single text; what npm installed stays outside.
 *
 * @param {string} entry from the checkout's root
 * @param {'cjs' | 'es'} format
 * @param {readonly Edit[]} [edits] text to be replaced in sources: each has to be found exactly once
 */
export const bundle = async (entry, format, edits = []) => {
  const done = new Set()
  const build = await rollup({
    input: join(ROOT, entry),
    onwarn: () => {},
    plugins: [
      {
        name: 'typescript-and-edits',
        resolveId(source, importer) {
          if (source.startsWith('@opsmantik/tracker/contract'))
            return join(ROOT, 'src/contract/index.ts')
          if (importer === undefined) return source
          if (!source.startsWith('.')) return { id: source, external: true }
          const path = resolve(dirname(importer), source)
          const typed = path.replace(/\.js$/, '.ts')
          return existsSync(typed) ? typed : path
        },
        load(id) {
          const file = relative(ROOT, id)
          const here = edits.filter((edit) => edit.file === file)
          let code = here.length === 0 ? compiled.get(id) : undefined
          if (code !== undefined) return code
          code = readFileSync(id, 'utf8')
          for (const edit of here) {
            const found = code.split(edit.find).length - 1
            if (found !== 1)
              throw new Error(`${file} has ${found} times, instead of once: ${edit.find}`)
            code = code.replace(edit.find, () => edit.replace)
            done.add(edit)
          }
          if (id.endsWith('.ts')) code = compile(code)
          else if (id.endsWith('.json')) code = 'export default ' + code
          if (here.length === 0) compiled.set(id, code)
          return code
        },
      },
    ],
  })
  const missing = edits.find((edit) => !done.has(edit))
  if (missing) throw new Error(`${missing.file} is not a part of ${entry}`)
  const { output } = await build.generate({ format, strict: false })
  return output[0].code
}
