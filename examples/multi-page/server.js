import { createServer } from 'node:http'
import { readFile } from 'node:fs/promises'
import { createNodeProxy } from '@opsmantik/tracker/proxy/node'

const proxy = createNodeProxy({
  siteId: '0123456789abcdef0123456789abcdef',
  secret: process.env.OPS_SECRET,
  consoleUrl: process.env.OPS_CONSOLE_URL ?? 'http://127.0.0.1:8787',
})
const files = {
  '/': ['home.html', 'text/html'],
  '/prices': ['prices.html', 'text/html'],
  '/core.js': ['dist/core.js', 'text/javascript'],
}

const server = createServer(async (request, response) => {
  const { pathname } = new URL(request.url, 'http://shop')
  if (pathname === '/ops/call-event') return proxy(request, response)
  const [name, type] = files[pathname] ?? []
  if (!name) return response.writeHead(404).end()
  response.setHeader('Content-Type', `${type}; charset=utf-8`)
  response.end(await readFile(new URL(name, import.meta.url)))
})
const port = Number(process.env.PORT ?? 3000)
server.listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${port}/`))
