// Runs the conformance kit against the servers of this repository and writes docs/implementations.md:
//   npm run build && node scripts/implementations.mjs
// It takes about four minutes, most of which are waits of the checks that need --slow.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { format, resolveConfig } from 'prettier'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const PAGE = join(ROOT, 'docs/implementations.md')
const REFERENCE = join(ROOT, 'server-reference/dist/cli.js')
const PYTHON = join(ROOT, 'examples/server-python/server.py')
const KIT = join(ROOT, 'cli/dist/cli.js')

const ORIGIN = 'https://shop.example'
const SITE = '0123456789abcdef0123456789abcdef'
const OTHER_SITE = 'fedcba9876543210fedcba9876543210'
const SECRETS = { SECRET: 'a-secret-of-24-characters', OTHER_SECRET: 'another-secret-of-24-char' }
const NEXT_SECRET = 'the-secret-that-comes-next'
const LIVE_TOKEN = 'the-token-of-the-live-feed'

/** @typedef {{ profile: string, state: string, reason?: string }} Profile */
/** @typedef {{ verdict: string, contract: string, kit: string, requests: number, conformant: boolean, results: { level: string, verdict: string }[] }} Report */
/**
 * @typedef {object} Implementation
 * @property {string} name
 * @property {string} where
 * @property {string} command starts the server
 * @property {Record<string, string>} env
 * @property {(folder: string, env: NodeJS.ProcessEnv) => string} nextSecret returns the site's next secret
 * @property {string[]} options of the kit
 * @property {string} [read] prints the rows of $OPS_FINGERPRINT
 */

/** @type {(folder: string) => Implementation[]} */
const implementations = (folder) => [
  {
    name: 'Reference server (TypeScript), embedded database',
    where: '[server-reference](../server-reference/README.md)',
    command: `"${process.execPath}" "${REFERENCE}"`,
    env: {
      DATA_DIR: join(folder, 'data'),
      SEED_SITES: `${SITE}:${SECRETS.SECRET},${OTHER_SITE}:${SECRETS.OTHER_SECRET}`,
      LIVE_TOKEN,
    },
    nextSecret: (_, env) => {
      const said = execFileSync(process.execPath, [REFERENCE, 'secret', 'rotate', SITE], {
        env,
        encoding: 'utf8',
      })
      const [secret] = /[\w-]{40,}/.exec(said) ?? []
      if (secret === undefined) throw new Error(`secret rotate printed no secret: ${said}`)
      return secret
    },
    options: ['--live-token-env', 'LIVE_TOKEN'],
  },
  {
    name: 'Server in Python, SQLite',
    where: '[examples/server-python](../examples/server-python/README.md)',
    command: `exec python3 -B "${PYTHON}"`,
    env: {
      DATABASE: join(folder, 'events.sqlite3'),
      SITES: `${SITE}:${SECRETS.SECRET}:${NEXT_SECRET},${OTHER_SITE}:${SECRETS.OTHER_SECRET}`,
    },
    nextSecret: () => NEXT_SECRET,
    options: [],
    read: `python3 -c "
import os, sqlite3
rows = sqlite3.connect(os.environ['DATABASE']).execute(
    'select fields from calls where fingerprint = ?', (os.environ['OPS_FINGERPRINT'],))
print(*(fields for fields, in rows), sep=chr(10))"`,
  },
]

/** @returns {Promise<number>} */
const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })

/** @param {string} url */
const untilReady = async (url) => {
  for (let tries = 0; tries < 300; tries++) {
    const isReady = await fetch(`${url}/api/health`).then(
      ({ ok }) => ok,
      () => false,
    )
    if (isReady) return
    await wait(100)
  }
  throw new Error(`${url} is not ready after 30 s`)
}

/** @param {Implementation} implementation @param {string} folder @returns {Promise<Report>} */
const judge = async ({ command, env: own, nextSecret, options, read }, folder) => {
  mkdirSync(folder, { recursive: true })
  const port = String(await freePort())
  const env = { ...process.env, ...own, ALLOWED_ORIGINS: ORIGIN, HOST: '127.0.0.1', PORT: port }
  const pidFile = join(folder, 'server.pid')
  const restart = join(folder, 'restart.sh')
  writeFileSync(
    restart,
    `[ ! -f "${pidFile}" ] || kill -9 "$(cat "${pidFile}")"
sh -c 'exec ${command.replace(/^exec /, '')}' > "${folder}/server.log" 2>&1 & echo $! > "${pidFile}"
`,
  )
  const url = `http://127.0.0.1:${port}`
  try {
    execFileSync('sh', [restart], { env, stdio: 'ignore' })
    await untilReady(url)
    const secrets = { ...SECRETS, LIVE_TOKEN, NEXT_SECRET: nextSecret(folder, env) }
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [
        KIT,
        'conformance',
        url,
        '--json',
        '--yes',
        '--slow',
        '--wait',
        '30',
        '--site-id',
        SITE,
        '--secret-env',
        'SECRET',
        '--origin',
        ORIGIN,
        '--other-site-id',
        OTHER_SITE,
        '--other-secret-env',
        'OTHER_SECRET',
        '--next-secret-env',
        'NEXT_SECRET',
        '--restart-command',
        `sh "${restart}"`,
        ...(read === undefined ? [] : ['--read-command', read]),
        ...options,
      ],
      { env: { ...env, ...secrets }, encoding: 'utf8', maxBuffer: 1e9, timeout: 600_000 },
    )
    if (!stdout.startsWith('{')) throw new Error(`the kit did not run: ${stdout}${stderr}`)
    return JSON.parse(stdout)
  } finally {
    if (existsSync(pidFile)) process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGKILL')
  }
}

const folder = mkdtempSync(join(tmpdir(), 'opsmantik-implementations-'))
const rows = []
try {
  for (const [at, implementation] of implementations(folder).entries()) {
    const report = await judge(implementation, join(folder, String(at)))
    /** @param {string} verdict */
    const count = (verdict) => report.results.filter((result) => result.verdict === verdict).length
    console.log(`${implementation.name}: ${report.verdict}`)
    const failed = report.results.filter(({ verdict }) => !['passed', 'unseen'].includes(verdict))
    if (failed.length > 0)
      console.log(failed.map((result) => JSON.stringify(result).slice(0, 500)).join('\n'))
    rows.push(
      `| ${implementation.name} | ${implementation.where} | ${report.contract} | ${report.verdict} | ${count('passed')} passed, ${failed.length} failed, ${count('unseen')} not run |`,
    )
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}

const page = `# Implementations

<!-- Generated: \`node scripts/implementations.mjs\`. -->

Servers that [the kit](conformance.md) has judged, each in one run with \`--slow\`, two sites, a next secret and a restart command. The
verdict is the kit's own sentence.

| Server | Source | Contract | Verdict | Checks |
| - | - | - | - | - |
${rows.join('\n')}

What is stored is compared (\`read\`) where rows can be read without another program: the reference server's are compared on Postgres,
by \`npm run test:services\`. Yours can be here too: run the kit, and open a pull request with its report.
`
writeFileSync(PAGE, await format(page, { ...(await resolveConfig(PAGE)), parser: 'markdown' }))
