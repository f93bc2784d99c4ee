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
}

interface Options {
  host: string
  liveToken: string | null
  /** Development: the page has the Inspector as well, and the token. */
  console: boolean
}

/** The views of the page: index.html has a comment in the place of each. */
const VIEWS = ['calls.html', 'setup.html'] as const
const INSPECTOR = 'inspector.html'
/** A file that production serves, or one of the Inspector. */
const FILE = /^(?:inspector\/)?[\w-]+\.(js|css)$/

/** Returns the routes of the console's page and its files. */
export const consoleRoutes = (options: Options): Route[] => [
  readingRoute(`${FILES}*`, consoleFile(options)),
  readingRoute('/', consolePage(options)),
]

/**
 * Serves the page, which is put together from its views. In development a request whose Host names this machine itself
 * gets the token; in production the page asks for one, and has no Inspector.
 */
const consolePage = ({ host, liveToken, console: isDevelopment }: Options): Step => ({
  name: 'Console',
  section: '1',
  run: async (context) => {
    const read = (name: string): Promise<string> => readFile(new URL(name, CONSOLE_FOLDER), 'utf8')
    let page = await read('index.html')
    for (const view of [...VIEWS, ...(isDevelopment ? [INSPECTOR] : [])]) {
      const markup = await read(view)
      page = page.replace(`<!-- ${view} -->`, () => markup)
    }
    const hostHeader = context.header('host')
    const isOwn = isOwnHost(hostHeader, host)
    const isNamed = isOwn || (!isDevelopment && /^[\w.:[\]-]+$/.test(hostHeader ?? ''))
    const token = (isDevelopment && isOwn && liveToken) || ''
    const headers = { 'Content-Type': TYPES['html']!, ...secure(isNamed ? hostHeader! : '') }
    return reply(
      context,
      200,
      page.replace(PLACEHOLDER, () => token),
      headers,
    )
  },
})

/** Serves the page's scripts and style sheets; the Inspector's in development only. */
const consoleFile = ({ console: isDevelopment }: Options): Step => ({
  name: 'Console',
  section: '1',
  run: async (context) => {
    const name = context.path.slice(FILES.length)
    const type = TYPES[FILE.exec(name)?.[1] ?? '']
    const isServed = isDevelopment || !name.startsWith('inspector/')
    const file =
      type !== undefined && isServed
        ? await readFile(new URL(name, CONSOLE_FOLDER)).catch(() => null)
        : null
    if (type === undefined || file === null) return refuse(context, 'NOT_FOUND')
    return reply(context, 200, new Uint8Array(file), { 'Content-Type': type, ...secure('') })
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
