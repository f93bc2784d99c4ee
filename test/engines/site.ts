import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export const SITE_ID = '0123456789abcdef0123456789abcdef'

/** The script tags that `npm run build` makes; each has to pass the same tests for what both can do. */
export const BUILDS = ['core.js', 'core.proxy.js'] as const
export type Build = (typeof BUILDS)[number]

/** A received body, parsed. */
export type EventBody = Record<string, unknown>

/** A shop with one page, and what its tracker sent. */
export interface EngineSite {
  url: string
  /** Another origin, with an empty page. */
  elsewhere: string
  /** The content of the next load of the page. */
  html: string
  /** The status of every answer to an event, or `hangs`: the request is accepted and not answered. */
  answer: number | 'hangs'
  /** Call events that were answered with 200. */
  calls: EventBody[]
  views: EventBody[]
  /** The most requests with events that were open at the same time. */
  mostOpen: number
  /** Answers what hangs, as if the server had been slow. */
  release(): void
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

export const startSite = async (): Promise<EngineSite> => {
  const html = (response: ServerResponse, content: string): void => {
    // A page that may not be stored may not enter the back/forward cache either.
    response.setHeader('Content-Type', 'text/html').end(`<!doctype html><title>t</title>${content}`)
  }
  const open = new Set<ServerResponse>()
  const hanging: (() => void)[] = []
  const far = await listen((_, response) => html(response, 'elsewhere'))
  const near = await listen((request, response) => {
    const path = new URL(request.url ?? '/', 'http://x').pathname
    if (request.method === 'POST') {
      let body = ''
      request.on('data', (piece) => (body += String(piece)))
      open.add(response)
      response.once('close', () => open.delete(response))
      site.mostOpen = Math.max(site.mostOpen, open.size)
      request.on('end', () => {
        const record = (): void => {
          response.statusCode = site.answer === 'hangs' ? 200 : site.answer
          if (response.statusCode === 200)
            (path === '/sync' ? site.views : site.calls).push(JSON.parse(body) as EventBody)
          response.setHeader('Content-Type', 'application/json').end('{"status":"unmatched"}')
        }
        if (site.answer === 'hangs') hanging.push(record)
        else record()
      })
    } else if (/^\/[\w/.]+\.js$/.test(path))
      response.setHeader('Content-Type', 'text/javascript').end(dist(path))
    else html(response, path === '/' || path.startsWith('/page') ? site.html : '')
  })
  const site: EngineSite = {
    url: near.url,
    elsewhere: far.url,
    html: '',
    answer: 200,
    calls: [],
    views: [],
    mostOpen: 0,
    release() {
      site.answer = 200
      for (const record of hanging.splice(0)) record()
    },
    stop: () => {
      near.stop()
      far.stop()
    },
  }
  return site
}
