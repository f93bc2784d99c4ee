/** A framework's fresh starter, and what its developer does to see it. */
export interface Starter {
  /** The words behind `npx`, with spaces between them, that create it in the folder `shop`, if its creator brings the files. */
  readonly create?: readonly string[]
  /** The smallest project that the framework's manual describes, if its creator downloads the files from GitHub. */
  readonly files?: Readonly<Record<string, string>>
  /** The page with the phone number, which replaces the starter's own or is added to it. */
  readonly page: Readonly<Record<string, string>>
  /** The words behind `npm` that start it, before the port. */
  readonly start: readonly string[]
  readonly options?: (port: string) => readonly string[]
  readonly path?: string
}

const LINK = '<a href="tel:+905000000000">Call us</a>'
const HTML = `<!doctype html>
<html lang="en">
  <head>
    <title>A shop</title>
  </head>
  <body>
    ${LINK}
  </body>
</html>
`
const json = (value: object): string => `${JSON.stringify(value, null, 2)}\n`
const vite = (port: string): string[] => ['--', '--port', port, '--host', '127.0.0.1']

/**
 * By the names that `opsmantik init` has for them. Creators have exact versions, so that a release of theirs does not
 * change what is tested; they are of Node 20.
 */
export const STARTERS: Readonly<Record<string, Starter>> = {
  next: {
    create: [
      'create-next-app@16.4.3 shop --yes --ts --app --no-tailwind --no-eslint --no-src-dir',
      '--use-npm --skip-install --disable-git',
    ],
    page: { 'app/page.tsx': `export default function Home() {\n  return ${LINK};\n}\n` },
    start: ['run', 'dev'],
    options: (port) => ['--', '--port', port, '--hostname', '127.0.0.1'],
  },
  sveltekit: {
    create: [
      'sv@0.17.1 create shop --template minimal --types ts',
      '--no-add-ons --no-install --no-dir-check',
    ],
    page: { 'src/routes/+page.svelte': `${LINK}\n` },
    start: ['run', 'dev'],
    options: vite,
  },
  express: {
    create: ['express-generator@4.16.1 --view pug shop'],
    page: {
      'views/index.pug': 'extends layout\n\nblock content\n  a(href="tel:+905000000000") Call us\n',
    },
    start: ['start'],
  },
  fastify: {
    create: ['fastify-cli@8.0.2 generate shop'],
    page: {
      'public/index.html': HTML,
      'routes/shop/index.js': `'use strict'

const { readFile } = require('node:fs/promises')

module.exports = async function (fastify) {
  fastify.get('/', async (request, reply) =>
    reply.type('text/html').send(await readFile('public/index.html'))
  )
}
`,
    },
    start: ['start'],
    options: (port) => ['--', '--port', port, '--address', '127.0.0.1'],
    path: '/shop',
  },
  hono: {
    files: {
      'package.json': json({
        name: 'shop',
        type: 'module',
        scripts: { dev: 'tsx watch src/index.ts' },
        dependencies: { hono: '^4.13.19', '@hono/node-server': '^2.1.8' },
        devDependencies: { tsx: '^4.20.6', '@types/node': '^20.11.17' },
      }),
      '.gitignore': 'node_modules/\n.env\n',
      'src/index.ts': `import { serve } from '@hono/node-server'
import { serveStatic } from '@hono/node-server/serve-static'
import { Hono } from 'hono'

const app = new Hono()

app.use('*', serveStatic({ root: './public' }))

serve({ fetch: app.fetch, port: Number(process.env.PORT ?? 3000), hostname: '127.0.0.1' })
`,
    },
    page: { 'public/index.html': HTML },
    start: ['run', 'dev'],
  },
  astro: {
    files: {
      'package.json': json({
        name: 'shop',
        type: 'module',
        private: true,
        scripts: { dev: 'astro dev' },
        dependencies: { astro: '^5.9.4' },
      }),
      'astro.config.mjs':
        "import { defineConfig } from 'astro/config'\n\nexport default defineConfig({})\n",
      'tsconfig.json': json({ extends: 'astro/tsconfigs/strict' }),
      '.gitignore': 'dist/\n.astro/\nnode_modules/\n.env\n',
    },
    page: { 'src/pages/index.astro': `---\n---\n\n${HTML}` },
    start: ['run', 'dev'],
    options: vite,
  },
  html: {
    files: {},
    page: { 'index.html': HTML },
    start: ['start', '--prefix', 'opsmantik-proxy'],
  },
}
