import type { Draft } from '../draft.js'
import { putSecret } from '../environment.js'
import { nodeProxyFile } from '../node-proxy-file.js'
import type { Answers } from '../plan.js'
import { putTags, SCRIPT_PATH } from '../tag.js'

const FOLDER = 'opsmantik-proxy/'

/**
 * Plans the tag in every page, and a folder with a proxy beside the pages. The folder has the secret: it runs on a
 * machine with Node and is not uploaded with the pages.
 */
export const html = (draft: Draft, answers: Answers): void => {
  draft.create(
    `${FOLDER}package.json`,
    `${JSON.stringify(
      {
        name: 'opsmantik-proxy',
        private: true,
        type: 'module',
        scripts: { start: 'node server.js' },
        dependencies: { '@opsmantik/tracker': answers.trackerSpec },
      },
      null,
      2,
    )}\n`,
  )
  draft.create(
    `${FOLDER}server.js`,
    `import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { extname } from 'node:path'
${nodeProxyFile(answers, { isTypeScript: false, isModule: true })}
// The folder's pages, so that all of it can be tried on this machine. Nothing else is served, and never this folder.
const TYPES = { '.html': 'text/html; charset=utf-8', '.css': 'text/css', '.js': 'text/javascript',
  '.svg': 'image/svg+xml', '.png': 'image/png', '.jpg': 'image/jpeg', '.webp': 'image/webp', '.ico': 'image/x-icon' }

const page = async (path) => {
  const name = path.endsWith('/') ? \`\${path}index.html\` : path
  const isOurs = /^(?:\\/[\\w-][\\w.-]*)+$/.test(name) && !/^\\/(?:opsmantik-proxy|node_modules)\\//i.test(name)
  const type = TYPES[extname(name)]
  if (!isOurs || !type) return undefined
  const body = await readFile(new URL(\`..\${name}\`, import.meta.url)).catch(() => undefined)
  return body && { type, body }
}

createServer(async (request, response) => {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost')
  if (pathname === '/ops/call-event') return proxy(request, response)
  const found =
    pathname === '/ops/core.js' ? { type: 'text/javascript', body: script } : await page(pathname)
  response.writeHead(found ? 200 : 404, { 'Content-Type': found?.type ?? 'text/plain' })
  response.end(found?.body ?? 'not found')
}).listen(Number(process.env.PORT ?? 3000), '127.0.0.1')
`,
  )
  putTags(draft, answers, ['.'], SCRIPT_PATH)
  putSecret(draft, answers, '.env', FOLDER)
  draft.byHand(
    `${FOLDER} holds the secret: do not upload it with the pages. It runs on a machine with Node (npm install && npm start); your web server hands /ops/ on to it. With nginx:\n    location /ops/ { proxy_pass http://127.0.0.1:3000; proxy_set_header Host $host; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; }\n    and OPS_TRUSTED_HOPS=1 in ${FOLDER}.env. A host with PHP takes one file instead: examples/proxy-php.`,
  )
}
