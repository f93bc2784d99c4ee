import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isAway, linksIn } from './links.mjs'

export const ROOT = fileURLToPath(new URL('..', import.meta.url))
/** What the generator reads: the repository's pages with their links bent to where the pages are on the site. */
export const PAGES = fileURLToPath(new URL('.pages', import.meta.url))

/** Pages from outside docs/ that stand in the navigation. @type {Record<string, string>} */
const ELSEWHERE = {
  'README.md': 'package.md',
  'SECURITY.md': 'security-policy.md',
  'CHANGELOG.md': 'changelog.md',
  'server-reference/README.md': 'server.md',
  'examples/wordpress/README.md': 'wordpress.md',
}

/** Where a file of the repository is on the site. @param {string} source */
export function placeOf(source) {
  if (source.startsWith('docs/') && source.endsWith('.md'))
    return source.slice('docs/'.length).replace(/(^|\/)README\.md$/, '$1index.md')
  const named = ELSEWHERE[source]
  if (named) return named
  return `files/${source.replace(/\.md$/, '')}.md`
}

/** Every page below docs/. @param {string} [folder] @returns {string[]} */
export const docs = (folder = 'docs') =>
  readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = posix.join(folder, entry.name)
    return entry.isDirectory() ? docs(path) : path.endsWith('.md') ? [path] : []
  })

/** The pages to begin with; what they link to follows. */
export const sources = () => [...docs(), ...Object.keys(ELSEWHERE)]

/** The file that a link of a page means, and undefined where there is none. @param {string} from @param {string} href */
export function targetOf(from, href) {
  const [path = '', anchor = ''] = decodeURI(href).split('#')
  const source = path === '' ? from : posix.join(posix.dirname(from), path).replace(/\/$/, '')
  const found = source.startsWith('..') ? '' : existsSync(join(ROOT, source)) ? source : ''
  return found ? { source: found, anchor } : undefined
}

const isFolder = (/** @type {string} */ source) => statSync(join(ROOT, source)).isDirectory()

/** @param {string} source */
function textOf(source) {
  if (isFolder(source)) {
    const names = readdirSync(join(ROOT, source)).filter(
      (name) => !/^(node_modules|dist|\..*)$/.test(name),
    )
    return `# ${source}/\n\n${names.map((name) => `- \`${name}\`\n`).join('')}`
  }
  const text = readFileSync(join(ROOT, source), 'utf8')
  if (source.endsWith('.md')) return text
  const fence = '````'
  return `# ${posix.basename(source)}\n\n\`${source}\`\n\n${fence}${posix.extname(source).slice(1)}\n${text}${fence}\n`
}

/** Writes every page that can be reached, and says where each came from. @returns {Map<string, string>} */
export function stage() {
  rmSync(PAGES, { recursive: true, force: true })
  /** @type {Map<string, string>} */
  const placed = new Map()
  const waiting = sources()
  for (let source = waiting.pop(); source !== undefined; source = waiting.pop()) {
    const place = placeOf(source)
    if (placed.has(place)) continue
    placed.set(place, source)
    let text = textOf(source)
    // Only prose has links; a file of code is shown as it is.
    const links = source.endsWith('.md') ? linksIn(text).toReversed() : []
    for (const { href, start, end } of links) {
      if (isAway(href) || href.startsWith('#') || isGenerated(source, href)) continue
      const target = targetOf(source, href)
      if (!target) throw new Error(`${source}: ${href} leads nowhere`)
      const readme = isFolder(target.source) ? `${target.source}/README.md` : ''
      const meant = readme && existsSync(join(ROOT, readme)) ? readme : target.source
      waiting.push(meant)
      const way = posix.relative(posix.dirname(place), placeOf(meant))
      const anchor = target.anchor && `#${target.anchor}`
      text =
        text.slice(0, start) + (way.startsWith('.') ? way : `./${way}`) + anchor + text.slice(end)
    }
    mkdirSync(dirname(join(PAGES, place)), { recursive: true })
    writeFileSync(join(PAGES, place), text)
  }
  return placed
}

/** The API reference is made after this. @param {string} from @param {string} href */
export const isGenerated = (from, href) =>
  from.startsWith('docs/') && posix.join(posix.dirname(from), href).startsWith('docs/api/')
