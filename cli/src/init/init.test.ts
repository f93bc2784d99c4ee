import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import ts from 'typescript'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { main } from '../main.js'
import { STARTERS, type Files } from './fixtures.js'
import { FRAMEWORKS } from './index.js'
import { MANIFEST } from './manifest.js'

const SITE_ID = '0123456789abcdef0123456789abcdef'
const SECRET = 'a-secret-of-24-characters'
const CONSOLE = 'http://127.0.0.1:9'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'opsmantik-init-'))
  process.env['OPS_TEST_SECRET'] = SECRET
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
  delete process.env['OPS_TEST_SECRET']
})

const write = (files: Files): void => {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
}
const read = (path: string): string => readFileSync(join(folder, path), 'utf8')

/** Every file of the folder, and every folder as an empty text. */
const tree = (): Files =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .map((path) => path.replaceAll('\\', '/'))
      .toSorted()
      .map((path) => [path, statSync(join(folder, path)).isDirectory() ? '' : read(path)]),
  )

const run = async (...words: string[]): Promise<{ code: number; said: string }> => {
  const { stdout, stderr } = process
  const [out, err] = [stdout.write, stderr.write]
  let said = ''
  stdout.write = stderr.write = (text) => {
    said += String(text)
    return true
  }
  try {
    return { code: await main(['init', '--dir', folder, ...words]), said }
  } finally {
    stdout.write = out
    stderr.write = err
  }
}

const ANSWERS = ['--site-id', SITE_ID, '--console-url', CONSOLE, '--origin', 'http://127.0.0.1:9']
const init = (...words: string[]) =>
  run(
    ...ANSWERS,
    '--secret-env',
    'OPS_TEST_SECRET',
    '--yes',
    '--no-install',
    '--no-doctor',
    ...words,
  )

const flawsOf = (files: Files): string[] =>
  Object.entries(files)
    .filter(([path]) => /\.[cm]?[jt]sx?$/.test(path))
    .flatMap(([path, text]) => {
      const { diagnostics } = ts.transpileModule(text, {
        fileName: path,
        reportDiagnostics: true,
        compilerOptions: {
          allowJs: true,
          jsx: ts.JsxEmit.Preserve,
          target: ts.ScriptTarget.ESNext,
        },
      })
      return (diagnostics ?? []).map(({ messageText }) => `${path}: ${String(messageText)}`)
    })

const SECRETS = /^(?:opsmantik-proxy\/)?\.(?:env|env\.local|dev\.vars)$/

test('there is a starter for every framework', () => {
  const names = Object.keys(STARTERS).map((name) =>
    Object.keys(FRAMEWORKS).find((known) => name.startsWith(known)),
  )
  expect(new Set(names)).toEqual(new Set(Object.keys(FRAMEWORKS)))
})

test.each(Object.keys(STARTERS))(
  '%s: proxy, tracker and secret are written, the code parses, and undo leaves no trace',
  async (name) => {
    write(STARTERS[name]!)
    const before = tree()
    const { code, said } = await init()
    expect({ code, said }).toMatchObject({ code: 0 })
    const known = Object.keys(FRAMEWORKS).filter((framework) => name.startsWith(framework))
    expect(known.map((framework) => FRAMEWORKS[framework]!.title)).toContain(said.split(', in ')[0])

    const after = tree()
    const written = Object.entries(after).filter(([path, text]) => before[path] !== text)
    const texts = written.map(([, text]) => text).join('\n')
    expect(texts).toMatch(/create(?:Node)?Proxy\(/)
    expect(texts + said).toMatch(/<script async src=|createTracker\(|No page was found/)
    expect(after['package.json'] ?? after['opsmantik-proxy/package.json']).toContain(
      '"@opsmantik/tracker": "^0.1.0"',
    )
    expect(flawsOf(after)).toEqual([])

    // The secret is in one file, which git ignores, and not on the screen.
    const holders = written.filter(([, text]) => text.includes(SECRET)).map(([path]) => path)
    expect(holders).toHaveLength(1)
    expect(holders[0]).toMatch(SECRETS)
    const ignore = after[holders[0]!.replace(/[^/]+$/, '.gitignore')]!
    expect(ignore).toMatch(/^\.(?:env\*?|env\.local|dev\.vars\*?)$/m)
    expect(said).not.toContain(SECRET)
    expect(after[MANIFEST]).not.toContain(SECRET)

    expect((await run('--undo')).code).toBe(0)
    expect(tree()).toEqual(before)
  },
)

test('the root layout of Next.js has the component, and nothing else is different', async () => {
  write(STARTERS['next']!)
  await init()
  expect(read('app/layout.tsx')).toBe(
    STARTERS['next']!['app/layout.tsx']!.replace(
      'import type',
      "import { Opsmantik } from './opsmantik'\nimport type",
    ).replace('      </body>', '        <Opsmantik />\n      </body>'),
  )
})

test('Express mounts the proxy before every body parser', async () => {
  write(STARTERS['express']!)
  await init()
  const text = read('app.js')
  expect(text.indexOf("app.all('/ops/call-event'")).toBeGreaterThan(
    text.indexOf('var app = express();'),
  )
  expect(text.indexOf("app.all('/ops/call-event'")).toBeLessThan(text.indexOf('express.json()'))
})

test('Pug layouts and HTML pages both have the tag', async () => {
  write(STARTERS['express']!)
  await init()
  expect(read('views/layout.jade')).toContain(
    "  head\n    script(async src='/ops/core.js' data-ops-site-id=",
  )
  expect(read('public/index.html')).toContain(
    `    <script async src="/ops/core.js" data-ops-site-id="${SITE_ID}"`,
  )
})

test('a chained Hono application is not cut in two: the lines are shown instead', async () => {
  const chained =
    "import { Hono } from 'hono'\n\nconst app = new Hono()\n  .get('/', (c) => c.text('x'))\n\nexport default app\n"
  write({ ...STARTERS['hono'], 'src/index.ts': chained })
  const { said } = await init()
  expect(read('src/index.ts')).toBe(chained)
  expect(said).toContain('app.all(')
})

test('a dry run shows every line and writes nothing', async () => {
  write(STARTERS['next']!)
  const before = tree()
  const { code, said } = await init('--dry-run')
  expect(code).toBe(0)
  expect(tree()).toEqual(before)
  expect(said).toContain('create app/ops/call-event/route.ts')
  expect(said).toContain('+         <Opsmantik />')
  expect(said).toContain('+ OPS_SECRET=(the secret)')
})

test('a file that is there is left as it is, and its lines are shown', async () => {
  write({ ...STARTERS['next'], 'app/ops/call-event/route.ts': '// mine\n' })
  const { said } = await init()
  expect(read('app/ops/call-event/route.ts')).toBe('// mine\n')
  expect(said).toContain('app/ops/call-event/route.ts exists already and is left as it is')
  await run('--undo')
  expect(read('app/ops/call-event/route.ts')).toBe('// mine\n')
})

test('an OPS_SECRET that is there stays, and other variables stay above the new one', async () => {
  write({ ...STARTERS['hono'], '.env': 'OPS_SECRET=mine\n' })
  await init()
  expect(read('.env')).toBe('OPS_SECRET=mine\n')
  await run('--undo')
  write({ '.env': 'OTHER=1' })
  await init()
  expect(read('.env')).toBe(`OTHER=1\nOPS_SECRET=${SECRET}\n`)
})

test('a second run does nothing, and says what to do', async () => {
  write(STARTERS['hono']!)
  await init()
  const before = tree()
  const { code, said } = await init()
  expect(code).toBe(2)
  expect(said).toContain('--undo')
  expect(tree()).toEqual(before)
})

test('undo leaves a file that has changed since, names it, and can be repeated', async () => {
  write(STARTERS['next']!)
  const before = tree()
  await init()
  const written = read('app/opsmantik.tsx')
  writeFileSync(join(folder, 'app/opsmantik.tsx'), `${written}// mine\n`)
  const { code, said } = await run('--undo')
  expect(code).toBe(1)
  expect(said).toContain('left app/opsmantik.tsx: it has changed since init wrote it')
  expect(read('app/layout.tsx')).toBe(before['app/layout.tsx'])
  expect(existsSync(join(folder, MANIFEST))).toBe(true)
  writeFileSync(join(folder, 'app/opsmantik.tsx'), written)
  expect((await run('--undo')).code).toBe(0)
  expect(tree()).toEqual(before)
})

test('undo removes what was installed for the folder of a proxy, and nothing that somebody else put there', async () => {
  const install = (): void => {
    mkdirSync(join(folder, 'opsmantik-proxy/node_modules/@opsmantik'), { recursive: true })
    write({ 'opsmantik-proxy/package-lock.json': '{}' })
  }
  write(STARTERS['html']!)
  const before = tree()
  await init()
  install()
  expect((await run('--undo')).code).toBe(0)
  expect(tree()).toEqual(before)

  await init()
  install()
  write({ 'opsmantik-proxy/notes.txt': 'mine' })
  await run('--undo')
  expect(read('opsmantik-proxy/notes.txt')).toBe('mine')
})

test('an installation that fails is said, with what to do, and what was written stays', async () => {
  write({ ...STARTERS['express']!, 'tools/npm': '#!/bin/sh\nexit 7\n' })
  chmodSync(join(folder, 'tools/npm'), 0o755)
  const { PATH = '' } = process.env
  process.env['PATH'] = `${join(folder, 'tools')}:${PATH}`
  try {
    const { code, said } = await run(
      ...ANSWERS,
      '--secret-env',
      'OPS_TEST_SECRET',
      '--yes',
      '--no-doctor',
    )
    expect(code).toBe(1)
    expect(said).toContain(`"npm install" in ${folder} failed`)
    expect(read('package.json')).toContain('@opsmantik/tracker')
  } finally {
    process.env['PATH'] = PATH
  }
})

test('undo touches nothing outside of the folder', async () => {
  const away = `${folder}-away`
  writeFileSync(away, 'x')
  try {
    const files = [{ path: `../${away.split('/').at(-1)}`, after: '0'.repeat(64) }]
    writeFileSync(join(folder, MANIFEST), JSON.stringify({ files, folders: [] }))
    expect((await run('--undo')).code).toBe(2)
    expect(readFileSync(away, 'utf8')).toBe('x')
  } finally {
    rmSync(away)
  }
})

test.each([
  ['nothing to undo', ['--undo'], 'there is nothing to undo'],
  ['a folder that is no project', ANSWERS, 'looks like none of the frameworks'],
  ['an unknown framework', [...ANSWERS, '--framework', 'rails'], '--framework knows'],
])('%s: exit code 2 and a sentence', async (_, words, sentence) => {
  const { code, said } = await run(...words)
  expect(code).toBe(2)
  expect(said).toContain(sentence)
})

test('without --yes and without anybody to ask, nothing is written', async () => {
  write(STARTERS['hono']!)
  const before = tree()
  const { code, said } = await run(...ANSWERS)
  expect(code).toBe(2)
  expect(said).toContain('--yes')
  expect(tree()).toEqual(before)
})
