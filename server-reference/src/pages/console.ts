import { readFile } from 'node:fs/promises'
import { readingRoute } from '../app.js'
import { reply } from '../http/reply.js'
import { refuse } from '../http/refuse.js'
import type { Route } from '../http/router.js'
import { isOwnHost } from '../live/own-host.js'
import { PACKAGE_ROOT } from '../package-root.js'
import type { Step } from '../steps/step.js'

const FILES = '/console/'
const CONSOLE_FOLDER = new URL('console/', PACKAGE_ROOT)
/** Placeholder for the token in index.html. */
const PLACEHOLDER = '__LIVE_TOKEN__'

const TYPES: Record<string, string> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
  png: 'image/png',
  ico: 'image/x-icon',
}

interface Options {
  host: string
  liveToken: string | null
  /** Development: the inspector at `/`, the calls at `/calls`, and the token in the page. Production: the calls at `/`. */
  console: boolean
}

const INSPECTOR = 'index.html'
const CALLS_PAGE = 'calls.html'
/** Files that production serves: the calls' page and the files that it loads. */
const OF_CALLS = /^(?:calls[\w-]*\.(?:js|css)|base\.css|element\.js)$/

/** Returns the routes of the console's pages and their files. */
export const consoleRoutes = (options: Options): Route[] => {
  const routes = [
    readingRoute(`${FILES}*`, consolePage(options, null)),
    readingRoute('/', consolePage(options, options.console ? INSPECTOR : CALLS_PAGE)),
  ]
  if (options.console) routes.push(readingRoute('/calls', consolePage(options, CALLS_PAGE)))
  return routes
}

/**
 * Serves one page, or the files. In development a request whose Host names this machine itself gets the token; in
 * production the page asks for one.
 */
const consolePage = (
  { host, liveToken, console: isDevelopment }: Options,
  page: string | null,
): Step => ({
  name: 'Console',
  section: '1',
  run: async (context) => {
    const name = page ?? context.path.slice(FILES.length)
    const isServed = page !== null || isDevelopment || OF_CALLS.test(name)
    const type = isServed ? TYPES[/^[\w-]+\.(\w+)$/.exec(name)?.[1] ?? ''] : undefined
    const file = type && (await readFile(new URL(name, CONSOLE_FOLDER)).catch(() => null))
    if (!type || !file) return refuse(context, 'NOT_FOUND')

    const hostHeader = context.header('host')
    const isOwn = isOwnHost(hostHeader, host)
    const isNamed = isOwn || (!isDevelopment && /^[\w.:[\]-]+$/.test(hostHeader ?? ''))
    const headers = { 'Content-Type': type, ...secure(isNamed ? hostHeader! : '') }
    if (page === null) return reply(context, 200, new Uint8Array(file), headers)
    const token = (isDevelopment && isOwn && liveToken) || ''
    return reply(context, 200, file.toString().replaceAll(PLACEHOLDER, token), headers)
  },
})

/** Returns the security headers. They name the WebSocket's host, because for Safari 'self' does not include it. */
const secure = (host: string): Record<string, string> => {
  const sockets = host === '' ? '' : ` ws://${host} wss://${host}`
  return {
    'Content-Security-Policy': `default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'${sockets}; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'`,
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
  }
}
