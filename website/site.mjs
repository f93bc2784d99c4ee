// npm run docs:build, npm run docs: the pages of docs/ as a site, in website/dist.
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeApi } from './api.mjs'
import { publishMarkdown } from './markdown.mjs'
import { stage } from './stage.mjs'

const HERE = fileURLToPath(new URL('.', import.meta.url))
const INSTALLED = join(HERE, 'node_modules/.installed-lock')
const MINUTES = 60_000

/** The generator is no dependency of the repository: 150 MB that nobody else needs are installed when it is asked for. */
function install() {
  const lock = createHash('sha256')
    .update(readFileSync(join(HERE, 'package-lock.json')))
    .digest('hex')
  if (existsSync(INSTALLED) && readFileSync(INSTALLED, 'utf8') === lock) return
  console.log('Installing what builds the site (website/package-lock.json)…')
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: HERE,
    stdio: 'inherit',
    timeout: 5 * MINUTES,
    shell: process.platform === 'win32',
  })
  writeFileSync(INSTALLED, lock)
}

/** @param {string[]} words @param {number} [timeout] */
function vitepress(words, timeout) {
  const bin = join(HERE, 'node_modules/vitepress/bin/vitepress.js')
  const { status } = spawnSync(process.execPath, [bin, ...words], {
    cwd: HERE,
    stdio: 'inherit',
    timeout,
  })
  if (status !== 0) process.exit(status ?? 1)
}

function build() {
  install()
  const pages = stage()
  makeApi()
  vitepress(['build'], 5 * MINUTES)
  const texts = publishMarkdown()
  console.log(`${pages.size} pages and the API reference, ${texts} as Markdown: website/dist`)
}

const [command = 'build', ...options] = process.argv.slice(2)
if (command === 'build') build()
else if (command === 'serve') {
  build()
  vitepress(['preview', '--host', '127.0.0.1', ...options])
} else {
  console.error(`website/site.mjs: build or serve, not ${JSON.stringify(command)}`)
  process.exit(2)
}
