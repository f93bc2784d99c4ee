import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const DIST = fileURLToPath(new URL('../../../website/dist', import.meta.url))
const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.md': 'text/markdown; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
}

/** Returns the file of an address of the site, as any static host with clean URLs finds it. */
export const fileOf = (path: string): string | undefined =>
  [path, `${path}.html`, `${path}index.html`]
    .map((name) => join(DIST, name))
    .find((name) => extname(name) !== '' && existsSync(name))

/** Returns the address of every page but the 404 page. */
export const addresses = (): string[] =>
  readdirSync(DIST, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.html') && name !== '404.html')
    .map((name) => `/${name.replaceAll('\\', '/').replace(/(index)?\.html$/, '')}`)
    .toSorted()

/** Returns the text of a file of the site. */
export const textOf = (path: string): string => readFileSync(join(DIST, path), 'utf8')

export const htmlOf = (address: string): string => readFileSync(fileOf(address)!, 'utf8')

export const serveSite = async (): Promise<{ url: string; server: Server }> => {
  const server = createServer((request, response) => {
    const file = fileOf(new URL(request.url ?? '/', 'http://site').pathname)
    response.statusCode = file ? 200 : 404
    response.setHeader(
      'Content-Type',
      TYPES[extname(file ?? '.html')] ?? 'application/octet-stream',
    )
    response.end(file ? readFileSync(file) : 'no such page')
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server }
}
