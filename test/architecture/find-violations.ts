import { posix } from 'node:path'
import ts from 'typescript'

/** The parts of a manifest that say what a package may import. */
export interface PackageManifest {
  dependencies?: Record<string, string>
  peerDependencies?: Record<string, string>
}

/** A package of this repository. */
interface Package {
  /** Folder of its sources, with a slash at the end. */
  sources: string
  manifest: string
  /** Matches the modules of the other three packages that it may import. */
  ours: RegExp
  /** Sources that may use Node's modules. Everything else has to run in a page and in a worker. */
  node: RegExp
}

/** tracker ← reference-server ← testing, and tracker ← cli (docs/architecture.md). */
const PACKAGES: Package[] = [
  {
    sources: 'src/',
    manifest: 'package.json',
    ours: /^$/,
    node: /^src\/proxy\/node\.ts$/,
  },
  {
    sources: 'server-reference/src/',
    manifest: 'server-reference/package.json',
    ours: /^@opsmantik\/tracker\/(contract|proxy|setup)$/,
    // Its portable core is what `memory.ts` reaches: see below.
    node: /./,
  },
  {
    sources: 'testing/src/',
    manifest: 'testing/package.json',
    ours: /^@opsmantik\/(tracker\/(contract|proxy)|reference-server\/memory)$/,
    node: /^testing\/src\/msw\/jest-jsdom\.ts$/,
  },
  {
    sources: 'cli/src/',
    manifest: 'cli/package.json',
    ours: /^@opsmantik\/tracker\/(contract|setup)$/,
    // The kit's checks also run in a page; everything else of a command line is Node's.
    node: /^cli\/src\/(?!(conformance|probe)\/(?!node\/))/,
  },
]

/** The server's core, as `@opsmantik/reference-server/memory` exports it. */
const MEMORY = 'server-reference/src/memory.ts'

/** Folders of the tracker's package: each may import itself and those that it names. */
const LAYERS: Record<string, string[]> = {
  'src/contract/': [],
  'src/tracker/': ['src/contract/'],
  'src/proxy/': ['src/contract/'],
  'src/setup/': [],
}

interface Import {
  specifier: string
  /** False if it is erased when the file is compiled. */
  isLoaded: boolean
}

/** What has been parsed, by its text: a test looks at all sources once for each planted violation. */
const parsed = new Map<string, Import[]>()

/** Returns what a file of TypeScript imports: declarations, exports from elsewhere, and `import()` of a literal. */
export const importsOf = (text: string): Import[] => {
  const known = parsed.get(text)
  if (known) return known
  const found = new Map<string, boolean>()
  const source = ts.createSourceFile('file.ts', text, ts.ScriptTarget.ESNext)
  for (const statement of source.statements) {
    if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) continue
    const { moduleSpecifier } = statement
    if (!moduleSpecifier || !ts.isStringLiteral(moduleSpecifier)) continue
    const isType = ts.isExportDeclaration(statement)
      ? statement.isTypeOnly
      : statement.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword
    found.set(moduleSpecifier.text, (found.get(moduleSpecifier.text) ?? false) || !isType)
  }
  for (const { fileName } of ts.preProcessFile(text).importedFiles)
    if (!found.has(fileName)) found.set(fileName, true)
  const imports = [...found].map(([specifier, isLoaded]) => ({ specifier, isLoaded }))
  parsed.set(text, imports)
  return imports
}

/** Returns the package that a specifier belongs to: `@scope/name` or `name`. */
const packageOf = (specifier: string): string =>
  specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')

const targetOf = (file: string, specifier: string): string =>
  posix.join(posix.dirname(file), specifier).replace(/\.js$/, '.ts')

const isOurs = (name: string): boolean => name === 'opsmantik' || name.startsWith('@opsmantik/')

/** Returns the files that are loaded with an entry. */
const reachOf = (entry: string, sources: ReadonlyMap<string, string>): Set<string> => {
  const reached = new Set<string>()
  const visit = (file: string): void => {
    const text = sources.get(file)
    if (text === undefined || reached.has(file)) return
    reached.add(file)
    for (const { specifier, isLoaded } of importsOf(text))
      if (isLoaded && specifier.startsWith('.')) visit(targetOf(file, specifier))
  }
  visit(entry)
  return reached
}

/**
 * Returns a sentence for each import that the architecture forbids.
 *
 * @param sources the text of each source file by its path from the repository's root
 * @param manifests the manifests of the four packages by their paths
 */
export const findViolations = (
  sources: ReadonlyMap<string, string>,
  manifests: ReadonlyMap<string, PackageManifest>,
): string[] => {
  const violations: string[] = []
  const portable = reachOf(MEMORY, sources)

  for (const { sources: folder, manifest, ours, node } of PACKAGES) {
    const { dependencies = {}, peerDependencies = {} } = manifests.get(manifest) ?? {}
    for (const name of Object.keys(dependencies))
      if (isOurs(name) ? !ours.source.includes(name.split('/')[1] ?? name) : folder === 'src/')
        violations.push(`${manifest} must not depend on ${name}`)

    for (const [file, text] of sources) {
      if (!file.startsWith(folder)) continue
      for (const { specifier, isLoaded } of importsOf(text)) {
        const says = `${file} imports ${specifier}`
        if (specifier.startsWith('.')) {
          const target = targetOf(file, specifier)
          if (!target.startsWith(folder) && target !== manifest)
            violations.push(`${says}: it is in another package, which has a name`)
          const layer = Object.keys(LAYERS).find((one) => file.startsWith(one))
          if (layer && ![layer, ...LAYERS[layer]!].some((one) => target.startsWith(one)))
            violations.push(`${says}: ${layer} may import ${LAYERS[layer]!.join() || 'nothing'}`)
        } else if (specifier.startsWith('node:')) {
          if (!node.test(file) || (isLoaded && portable.has(file)))
            violations.push(`${says}: it has to run without Node`)
        } else {
          const name = packageOf(specifier)
          if (isOurs(name) && !ours.test(specifier))
            violations.push(`${says}: dependencies have one direction`)
          if (!(name in dependencies) && !(name in peerDependencies))
            violations.push(`${says}: ${manifest} does not name it`)
        }
      }
    }
  }
  return violations
}
