import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { getRequestListener } from '@hono/node-server'
import { createProxy } from '@opsmantik/tracker/proxy'
import { PROXY_PATH } from './embed.mjs'
import { contentSecurityPolicy, page } from './pages.mjs'

/** @typedef {import('./embed.mjs').Mode} Mode */

/**
 * @typedef {object} ShopOptions
 * @property {Mode} mode how the pages embed the tracker
 * @property {number} port 0 takes a free one
 * @property {string} siteId
 * @property {string} [secret] the site's secret; noop mode needs none
 * @property {string} consoleUrl base URL of the ingestion server
 * @property {string} [coreUrl] URL from which the pages load the script tag; default: the shop itself
 * @property {string} [corePath] the built script tag that the shop serves; default `dist/core.js`
 */

/** @typedef {{ url: string, close: () => Promise<void> }} Shop `url` is the origin and a slash */

const HOST = '127.0.0.1'

/** @type {Record<string, string>} */
const PAGES = { '/': 'home', '/prices': 'prices', '/thank-you': 'thank-you' }

// Never no-store: it would keep the pages out of the back/forward cache, where a tracker must work.
const FRESH = { 'Cache-Control': 'no-cache' }

/**
 * Serves the fictional shop on a separate origin.
 *
 * @param {ShopOptions} options
 * @returns {Promise<Shop>}
 */
export async function startShop({ mode, port, siteId, secret = '', consoleUrl, ...core }) {
  const corePath = core.corePath ?? fileURLToPath(new URL('../dist/core.js', import.meta.url))
  const coreUrl = core.coreUrl ?? '/core.js'
  const css = new URL('shop.css', import.meta.url)
  const site = { mode, siteId, secret, consoleUrl, coreUrl }
  const html = { ...FRESH, 'Content-Type': 'text/html; charset=utf-8' }
  const policy = { 'Content-Security-Policy': contentSecurityPolicy(site) }
  const proxy = mode === 'proxy' ? createProxy({ siteId, secret, consoleUrl }) : undefined

  /** @param {Request} request */
  async function respond(request) {
    const { pathname } = new URL(request.url)
    if (proxy && pathname === PROXY_PATH) return proxy(request)
    if (pathname === '/core.js') return file(corePath, 'text/javascript')
    if (pathname === '/shop.css') return file(css, 'text/css')
    if (pathname === '/callback' && request.method === 'POST') {
      return new Response(null, { status: 303, headers: { Location: '/thank-you' } })
    }
    const name = PAGES[pathname]
    if (!name) return new Response('No such page', { status: 404 })
    return new Response(page(name, site), { headers: { ...html, ...policy } })
  }

  const server = createServer(getRequestListener(respond, { overrideGlobalObjects: false }))
  await new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, HOST, () => resolve(undefined))
  })
  const address = server.address()
  const taken = typeof address === 'object' && address ? address.port : port

  return {
    url: `http://${HOST}:${taken}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        // A browser holds its connections open for as long as it may.
        server.closeAllConnections()
      }),
  }
}

/**
 * Reads a file at each request, so that a new build needs no restart.
 *
 * @param {string | URL} path
 * @param {string} type
 */
async function file(path, type) {
  const headers = { ...FRESH, 'Content-Type': `${type}; charset=utf-8` }
  return new Response(await readFile(path), { headers })
}
