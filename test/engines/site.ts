import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export const SITE_ID = '0123456789abcdef0123456789abcdef'

/** What arrived, parsed. */
export type Body = Record<string, unknown>

/** A shop with one page, and what its tracker sent. */
export interface Site {
  url: string
  /** Another origin, with an empty page. */
  elsewhere: string
  /** What the next load of the page holds. */
  html: string
  calls: Body[]
  views: Body[]
  stop(): void
}

const dist = (name: string): Buffer => readFileSync(new URL(`../../dist${name}`, import.meta.url))

const listen = async (handle: (request: IncomingMessage, response: ServerResponse) => void) => {
  const server: Server = createServer(handle)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/`,
    stop: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

export const startSite = async (): Promise<Site> => {
  const html = (response: ServerResponse, content: string): void => {
    // A page that may not be stored may not enter the back/forward cache either.
    response.setHeader('Content-Type', 'text/html').end(`<!doctype html><title>t</title>${content}`)
  }
  const far = await listen((_, response) => html(response, 'elsewhere'))
  const near = await listen((request, response) => {
    const path = new URL(request.url ?? '/', 'http://x').pathname
    if (request.method === 'POST') {
      let body = ''
      request.on('data', (piece) => (body += String(piece)))
      request.on('end', () => {
        ;(path === '/sync' ? site.views : site.calls).push(JSON.parse(body) as Body)
        response.setHeader('Content-Type', 'application/json').end('{"status":"unmatched"}')
      })
    } else if (/^\/[\w/]+\.js$/.test(path))
      response.setHeader('Content-Type', 'text/javascript').end(dist(path))
    else html(response, path === '/' || path.startsWith('/page') ? site.html : '')
  })
  const site: Site = {
    url: near.url,
    elsewhere: far.url,
    html: '',
    calls: [],
    views: [],
    stop: () => {
      near.stop()
      far.stop()
    },
  }
  return site
}
