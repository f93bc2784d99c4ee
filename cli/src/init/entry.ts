import type { Project } from './project.js'
import type { Dialect } from './node-proxy-file.js'

const NAMES = ['app', 'server', 'index', 'main']
const ENDS = ['.ts', '.js', '.mts', '.mjs', '.cjs']

/** The file that starts a server. */
export interface ServerEntry extends Dialect {
  readonly path: string
  readonly folder: string
  readonly end: string
}

/** Returns the paths that package.json names, and then the usual ones. */
const candidates = ({ manifest }: Project): string[] => [
  ...(manifest.main === undefined ? [] : [manifest.main.replace(/^\.\//, '')]),
  ...Object.values({ ...manifest.scripts }).flatMap((script) =>
    [...script.matchAll(/(?:^|\s)(?:\.\/)?([\w./-]+\.[cm]?[jt]s)\b/g)].map(([, path = '']) => path),
  ),
  ...['', 'src/', 'bin/', 'server/'].flatMap((folder) =>
    NAMES.flatMap((name) => ENDS.map((end) => folder + name + end)),
  ),
]

/** Returns the first file that starts a server in the way that `isIt` recognises. */
export const findEntry = (
  project: Project,
  isIt: (text: string) => boolean,
): ServerEntry | undefined => {
  const path = candidates(project).find(
    (file) => !file.startsWith('../') && project.has(file) && isIt(project.read(file)),
  )
  if (path === undefined) return undefined
  const end = /\.[^.]+$/.exec(path)![0]
  const isTypeScript = end.endsWith('ts')
  const isDeclared =
    end.startsWith('.m') || (!end.startsWith('.c') && project.manifest.type === 'module')
  const isModule =
    isDeclared || (!isTypeScript && end === '.js' && /^import\b/m.test(project.read(path)))
  return { path, folder: path.replace(/[^/]+$/, ''), end, isTypeScript, isModule }
}
