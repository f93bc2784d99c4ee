import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

const npm = (args: string[], cwd: string): string =>
  execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })

interface Tarball {
  /** Its files, sorted, and their bytes all together. */
  files: string[]
  unpackedSize: number
}

/** An empty project, into which packages of this repository were installed from their tarballs. */
export interface InstalledProject {
  folder: string
  tarballs: Tarball[]
  /** Returns what `npm ls --all` shows. */
  tree(): { dependencies: Record<string, { dependencies?: object }> }
  /** Runs a program in the project and returns its output as JSON. */
  run(source: string, type: 'module' | 'commonjs'): unknown
  /** Returns what the compiler says about a module, for a way to resolve modules. */
  check(source: string, resolution: 'nodenext' | 'bundler', more?: string): string
  remove(): void
}

/**
 * Packs packages and installs them into an empty project.
 *
 * @param packages their folders
 * @param more words for `npm install`, such as packages that come from npm
 */
export const install = (
  packages: readonly string[],
  more: readonly string[] = [],
): InstalledProject => {
  const folder = mkdtempSync(join(tmpdir(), 'opsmantik-package-'))
  const packed = packages.map((path) => {
    const [tarball] = JSON.parse(
      npm(['pack', '--json', '--pack-destination', folder], join(ROOT, path)),
    )
    return tarball as { filename: string; unpackedSize: number; files: { path: string }[] }
  })
  writeFileSync(join(folder, 'package.json'), '{"name":"empty","private":true}')
  const tarballs = packed.map(({ filename }) => join(folder, filename))
  npm(['install', '--no-audit', '--no-fund', ...tarballs, ...more], folder)

  return {
    folder,
    tarballs: packed.map(({ files, unpackedSize }) => ({
      files: files.map(({ path }) => path).toSorted(),
      unpackedSize,
    })),
    tree: () => JSON.parse(npm(['ls', '--all', '--json'], folder)),
    run: (source, type) =>
      JSON.parse(
        execFileSync(process.execPath, [`--input-type=${type}`, '-e', source], {
          cwd: folder,
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'ignore'],
        }),
      ),
    check: (source, resolution, options = '') => {
      const file = join(folder, `${resolution}.mts`)
      writeFileSync(file, source)
      const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
      const module = resolution === 'bundler' ? 'esnext' : resolution
      const words =
        `--noEmit --strict --resolveJsonModule --target es2023 --lib es2023,dom,dom.iterable
        --moduleResolution ${resolution} --module ${module} ${options}`.split(/\s+/)
      try {
        return execFileSync(process.execPath, [tsc, ...words.filter(Boolean), file], {
          cwd: folder,
          encoding: 'utf8',
        })
      } catch (error) {
        return String((error as { stdout: string }).stdout)
      }
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
