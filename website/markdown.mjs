import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { titleOf } from './links.mjs'
import { sidebar } from './navigation.mjs'
import { PAGES } from './stage.mjs'

const DIST = fileURLToPath(new URL('dist', import.meta.url))
const BASE = process.env.DOCS_BASE || '/'

/** Returns the Markdown of a page beside its HTML: /contract is /contract.md, /start/ is /start/index.md. @param {string} link */
const markdownOf = (link) =>
  `${BASE}${link.slice(1)}${link === '/' || link.endsWith('/') ? 'index' : ''}.md`

/** Returns the first paragraph of a page as one line, without marks. @param {string} file */
function summaryOf(file) {
  const text = readFileSync(file, 'utf8').replace(/^# .*\n+/, '')
  const paragraph = text.split(/\n\s*\n/).find((part) => /^[\p{L}_*"`[]/u.test(part)) ?? ''
  return paragraph
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/[*_`]/g, '')
    .replaceAll(/\s+/g, ' ')
    .slice(0, 200)
    .replace(/(?<=^.{199}).*$/, '…')
}

/** @param {string} link */
const fileOf = (link) => join(PAGES, markdownOf(link).slice(BASE.length))

/** Returns llms.txt (llmstxt.org): what the project is, and every page of the navigation as Markdown. */
function llms() {
  const sections = sidebar().map(({ text, items }) => {
    const rows = items.map(({ text: title, link }) => {
      const summary = summaryOf(fileOf(link))
      return `- [${title}](${markdownOf(link)})${summary && `: ${summary}`}`
    })
    return `## ${text}\n\n${rows.join('\n')}`
  })
  const home = readFileSync(join(PAGES, 'index.md'), 'utf8')
  return `# ${titleOf(home)}\n\n> ${summaryOf(join(PAGES, 'index.md'))}\n\n${sections.join('\n\n')}\n`
}

/** Writes every page of the built site as Markdown at its own address, and llms.txt. @returns {number} how many pages */
export function publishMarkdown() {
  const names = readdirSync(PAGES, { recursive: true, encoding: 'utf8' })
  const pages = names.filter((name) => name.endsWith('.md'))
  for (const name of pages) cpSync(join(PAGES, name), join(DIST, name))
  writeFileSync(join(DIST, 'llms.txt'), llms())
  return pages.length
}
