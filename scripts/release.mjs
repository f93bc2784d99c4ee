// npm run release: from a clean checkout to what is published, in release/. It publishes nothing itself.
//   --check   only says what disagrees, after a build
//   --draft   goes on although the day of the release is not written yet
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync } from 'node:zlib'
import { build as buildPlugin } from '../examples/wordpress/build.mjs'
import { findDisagreements, newestChanges, WORKSPACES } from './release/agree.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const out = join(root, 'release')
const isCheck = process.argv.includes('--check')
const isDraft = process.argv.includes('--draft')

/** @param {string} path */
const read = (path) => readFileSync(join(root, path), 'utf8')
/** @param {string} path */
const readJson = (path) => JSON.parse(read(path))
/**
 * @param {string} program
 * @param {string[]} words
 */
const run = (program, words) => {
  console.log(`> ${program} ${words.join(' ')}`)
  execFileSync(program, words, { cwd: root, stdio: 'inherit' })
}
/** @param {string[]} words */
const git = (...words) => execFileSync('git', words, { cwd: root, encoding: 'utf8' }).trim()

/** @param {string[]} problems */
const refuse = (problems) => {
  console.error('\nNot released:')
  for (const problem of problems) console.error(`  - ${problem}`)
  process.exit(1)
}

if (!isCheck) {
  const changed = git('status', '--porcelain')
  if (changed && !isDraft)
    refuse(['the checkout is not clean; commit or remove:', ...changed.split('\n')])
  run('npm', ['ci'])
}
run('npm', ['run', '--silent', 'build'])

const core = readFileSync(join(root, 'dist/core.js'))
const changelog = read('CHANGELOG.md')
const problems = findDisagreements({
  tracker: readJson('package.json'),
  others: Object.fromEntries(
    WORKSPACES.map((folder) => [folder, readJson(`${folder}/package.json`)]),
  ),
  lock: readJson('package-lock.json'),
  readme: read('README.md'),
  changelog,
  size: brotliCompressSync(core).length,
}).filter((problem) => !(isDraft && problem.includes('write the day')))
if (problems.length > 0) refuse(problems)
if (isCheck) {
  console.log('\nVersions, CHANGELOG, README and size agree.')
  process.exit(0)
}

for (const script of ['types', 'lint', 'format:check', 'size', 'check:package'])
  run('npm', ['run', '--silent', script])

rmSync(out, { recursive: true, force: true })
mkdirSync(out)
run('npm', ['pack', '--pack-destination', out])
for (const folder of WORKSPACES)
  run('npm', ['pack', '--workspace', folder, '--pack-destination', out])

const { version, notes } = newestChanges(changelog) ?? { version: '', notes: '' }
const integrity = 'sha384-' + createHash('sha384').update(core).digest('base64')
const script = `opsmantik-${version}.js`
copyFileSync(join(root, 'dist/core.js'), join(out, script))
// The file that an owner of a WordPress site uploads under Plugins, Add New.
copyFileSync(buildPlugin(), join(out, `opsmantik-wordpress-${version}.zip`))
const size = brotliCompressSync(core).length.toLocaleString('en')
writeFileSync(
  join(out, 'RELEASE_NOTES.md'),
  `# ${version}

${notes}

## The script tag

\`${script}\`, ${size} bytes of brotli.

\`\`\`html
<script
  async
  src="https://unpkg.com/@opsmantik/tracker@${version}/dist/core.js"
  integrity="${integrity}"
  crossorigin="anonymous"
  data-ops-site-id="…"
  data-ops-proxy-url="/ops/call-event"
></script>
\`\`\`

Built from ${git('rev-parse', 'HEAD')}.
`,
)
const files = readdirSync(out).toSorted()
writeFileSync(
  join(out, 'SHA256SUMS'),
  files
    .map((file) => {
      const sum = createHash('sha256').update(readFileSync(join(out, file)))
      return `${sum.digest('hex')}  ${file}\n`
    })
    .join(''),
)
console.log(
  `\nrelease/ holds:\n${readdirSync(out)
    .toSorted()
    .map((file) => `  ${file}`)
    .join('\n')}`,
)
console.log(`\n${script}: ${size} bytes of brotli, integrity ${integrity}`)
