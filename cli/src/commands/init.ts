import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { parseArgs } from 'node:util'
import {
  applyChanges,
  createDraft,
  FRAMEWORKS,
  readManifest,
  readProject,
  showPlan,
  undo,
  type Answers,
  type Framework,
  type Project,
} from '../init/index.js'
import { examineAfterInit } from './examine-after-init.js'
import { CannotRun, originOf, signingSecretFrom, siteIdOf, urlOf, Usage } from './usage.js'

export const HELP = `opsmantik init --site-id ID --console-url URL

Puts the tracker and its proxy into the project in this folder: Next.js, Nuxt, SvelteKit, Astro, React Router or Remix,
Hono, Fastify, Express, Cloudflare Workers, plain HTML. Shows every line first, and overwrites nothing.

  --site-id ID          UUID or 32-hex public id
  --console-url URL     the console
  --secret-env NAME     the environment variable that holds the site's secret (default: OPS_SECRET, if there is one)
  --framework NAME      instead of what the folder looks like: ${Object.keys(FRAMEWORKS).join(' ')}
  --dir PATH            the project's folder (default: this one)
  --tracker SPEC        what npm is asked for: a version, a tarball (default: this command's own version)
  --origin URL          where the pages are, for the doctor (default: the framework's development server)
  --dry-run             only shows what it would do
  --yes                 does not ask
  --no-install          leaves the installation of the package to you
  --no-doctor           does not run the doctor at the end
  --undo                takes back what it wrote; a file that has changed since is left, and named

Exit code: 0 done; 1 written, but the doctor names what is in the way of events, or undone in part; 2 an argument cannot
be used or the project is not understood.
`

const OPTIONS = {
  'site-id': { type: 'string' },
  'console-url': { type: 'string' },
  'secret-env': { type: 'string' },
  framework: { type: 'string' },
  dir: { type: 'string' },
  tracker: { type: 'string' },
  origin: { type: 'string' },
  'dry-run': { type: 'boolean' },
  yes: { type: 'boolean', short: 'y' },
  'no-install': { type: 'boolean' },
  'no-doctor': { type: 'boolean' },
  undo: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

const INSTALL_MS = 300_000

const say = (text: string): void => void process.stdout.write(text)

const confirmed = async (question: string): Promise<boolean> => {
  if (!process.stdin.isTTY) throw new Usage('nobody can be asked here: --yes, or --dry-run')
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  try {
    return /^y(?:es)?$/i.test((await terminal.question(question)).trim())
  } finally {
    terminal.close()
  }
}

const frameworkOf = (project: Project, name: string | undefined): Framework => {
  if (name !== undefined) {
    if (!Object.hasOwn(FRAMEWORKS, name))
      throw new Usage(
        `--framework knows ${Object.keys(FRAMEWORKS).join(', ')}; got ${JSON.stringify(name)}`,
      )
    return FRAMEWORKS[name]!
  }
  const found = Object.values(FRAMEWORKS).find(({ isIt }) => isIt(project))
  if (!found)
    throw new CannotRun(
      `${project.root} looks like none of the frameworks that init knows. --framework names one; docs/proxy.md has the lines to write by hand.`,
    )
  return found
}

const ownVersion = (): string => {
  const path = createRequire(import.meta.url).resolve('@opsmantik/tracker/package.json')
  return `^${JSON.parse(readFileSync(path, 'utf8')).version}`
}

/** Returns the command that installs what package.json names, by the lock file that there is. */
const installerOf = (root: string): string =>
  [
    ['pnpm-lock.yaml', 'pnpm'],
    ['yarn.lock', 'yarn'],
    ['bun.lock', 'bun'],
    ['bun.lockb', 'bun'],
  ].find(([lock = '']) => existsSync(resolve(root, lock)))?.[1] ?? 'npm'

/** @returns false if the package was to be installed and was not */
const install = (root: string, isWanted: boolean): boolean => {
  const installer = installerOf(root)
  if (!isWanted) {
    say(`\nInstall the package: ${installer} install (in ${root})\n`)
    return true
  }
  const { status } = spawnSync(installer, ['install'], {
    cwd: root,
    stdio: 'inherit',
    timeout: INSTALL_MS,
    shell: process.platform === 'win32',
  })
  if (status === 0) return true
  say(
    `\nThe package is not installed: "${installer} install" in ${root} failed, see above. What init wrote is there; correct what ${installer} says and run the command again.\n`,
  )
  return false
}

const undoIn = (root: string, isDry: boolean): number => {
  if (isDry) {
    const files = readManifest(root)?.files ?? []
    say(files.map(({ path, before }) => `  ${before ? 'restore' : 'remove'} ${path}\n`).join(''))
    return 0
  }
  const { removed, restored, left } = undo(root)
  say(removed.map((path) => `removed ${path}\n`).join(''))
  say(restored.map((path) => `restored ${path}\n`).join(''))
  say(left.map((path) => `left ${path}: it has changed since init wrote it\n`).join(''))
  if (restored.includes('package.json'))
    say(`Run ${installerOf(root)} install to remove the package.\n`)
  return left.length > 0 ? 1 : 0
}

/** @returns the exit code */
export const init = async (args: string[]): Promise<number> => {
  const { values } = parseArgs({ args, options: OPTIONS })
  if (values.help) {
    say(HELP)
    return 0
  }
  const root = resolve(values.dir ?? '.')
  if (values.undo) return undoIn(root, values['dry-run'] === true)
  if (readManifest(root)) throw new CannotRun('init has been here already: --undo takes that back')
  const project = readProject(root)
  const framework = frameworkOf(project, values.framework)
  const inherited = process.env['OPS_SECRET'] ? 'OPS_SECRET' : undefined
  const secretEnv = values['secret-env'] ?? inherited
  const answers: Answers = {
    siteId: siteIdOf(values['site-id']),
    // It is written between single quotes.
    consoleUrl: urlOf(values['console-url'], '--console-url').replaceAll("'", '%27'),
    secret: signingSecretFrom(secretEnv),
    trackerSpec: values.tracker ?? ownVersion(),
  }
  const origin = originOf(values.origin) ?? framework.origin
  const proxyUrl = framework.proxyUrl(project)
  const draft = createDraft(project)
  framework.draft(draft, answers)
  const plan = draft.plan()
  say(`${framework.title}, in ${root}:\n\n${showPlan(plan)}`)
  if (values['dry-run'] || plan.changes.length === 0) return 0
  if (!values.yes && !(await confirmed('\nDo this? (y/N) '))) return 0
  applyChanges(root, plan.changes)
  say(`\nWritten. opsmantik init --undo takes it back.\n`)
  const own = plan.changes.find(({ path }) => path === 'opsmantik-proxy/package.json')
  const isInstalled = install(own ? resolve(root, 'opsmantik-proxy') : root, !values['no-install'])
  if (values['no-doctor']) return isInstalled ? 0 : 1
  const { consoleUrl, siteId } = answers
  const examined = await examineAfterInit({ consoleUrl, siteId, secretEnv, origin, proxyUrl })
  say(examined.report)
  return isInstalled && examined.isWell ? 0 : 1
}
