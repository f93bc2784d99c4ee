import { defineConfig } from 'vitepress'
import { slugify } from '../links.mjs'
import { sidebar } from '../navigation.mjs'

const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><circle cx="8" cy="8" r="7" fill="#0b6b57"/><path d="m4.5 8.5 2.5 2.5 5-6" fill="none" stroke="#fff" stroke-width="2"/></svg>'

/** A checklist as GitHub shows it. */
const boxes = ({ tokens }) => {
  tokens.forEach((token, at) => {
    const first = token.children?.[0]
    if (token.type !== 'inline' || tokens[at - 2]?.type !== 'list_item_open') return
    if (first?.type !== 'text' || !first.content.startsWith('[ ] ')) return
    first.content = first.content.replace('[ ]', '☐')
    tokens[at - 2].attrSet('class', 'box')
  })
}

export default defineConfig({
  title: 'OpsMantik tracker',
  description:
    'Call events: never lost, never counted twice. The tracker, its proxy, its server and their contract.',
  lang: 'en',
  base: process.env.DOCS_BASE || '/',
  // In the page itself: one request less, and nothing that is not found.
  head: [['link', { rel: 'icon', href: `data:image/svg+xml,${encodeURIComponent(ICON)}` }]],
  // The same page for programs.
  transformHead: ({ pageData: { relativePath } }) =>
    relativePath === '404.md'
      ? []
      : [
          [
            'link',
            {
              rel: 'alternate',
              type: 'text/markdown',
              href: `${process.env.DOCS_BASE || '/'}${relativePath}`,
            },
          ],
        ],
  srcDir: '.pages',
  outDir: 'dist',
  cleanUrls: true,
  metaChunk: true,
  // What the start pages begin is opened at this machine.
  ignoreDeadLinks: 'localhostLinks',
  markdown: {
    anchor: { slugify },
    config: (md) => md.core.ruler.push('boxes', boxes),
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
  },
  themeConfig: {
    nav: [
      { text: 'Start', link: '/start/' },
      { text: 'Contract', link: '/contract' },
      { text: 'Runbooks', link: '/runbooks/' },
      { text: 'Security', link: '/security' },
      { text: 'API', link: '/api/' },
    ],
    sidebar: sidebar(),
    outline: { level: [2, 3] },
    search: { provider: 'local' },
  },
})
