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
/** Stands in index.html where the token goes. */
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
}

/** The live console at `/` and its files, in development. */
export const consoleRoutes = (options: Options): Route[] => {
  const page = consolePage(options)
  return [readingRoute('/', null, page), readingRoute(`${FILES}*`, null, page)]
}

/** A request that reaches the server by a name of its own gets the token. */
const consolePage = ({ host, liveToken }: Options): Step => ({
  name: 'Console',
  section: '1',
  run: async (context) => {
    const name = context.path === '/' ? 'index.html' : context.path.slice(FILES.length)
    const type = TYPES[/^[\w-]+\.(\w+)$/.exec(name)?.[1] ?? '']
    const file = type && (await readFile(new URL(name, CONSOLE_FOLDER)).catch(() => null))
    if (!type || !file) return refuse(context, 'NOT_FOUND')

    const hostHeader = context.header('host')
    const isOwn = isOwnHost(hostHeader, host)
    const headers = { 'Content-Type': type, ...secure(isOwn ? hostHeader! : '') }
    if (name !== 'index.html') return reply(context, 200, new Uint8Array(file), headers)
    const token = (isOwn && liveToken) || ''
    return reply(context, 200, file.toString().replaceAll(PLACEHOLDER, token), headers)
  },
})

/** Safari does not count a WebSocket to the same host as 'self': it is named. */
const secure = (host: string): Record<string, string> => {
  const sockets = host === '' ? '' : ` ws://${host} wss://${host}`
  return {
    'Content-Security-Policy': `default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'${sockets}; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'`,
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
  }
}
