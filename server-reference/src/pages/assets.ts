import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { readingRoute } from '../app.js'
import type { Answer } from '../http/answer.js'
import { refuse } from '../http/refuse.js'
import { reply } from '../http/reply.js'
import type { RequestContext } from '../http/request-context.js'
import type { Route } from '../http/router.js'
import { PACKAGE_ROOT } from '../package-root.js'
import type { Step } from '../steps/step.js'

/** The folder of the script-tag builds in docs/reference-server.md. */
export const ASSETS = '/assets/'
/** Copied beside the server when it is built; the tests run from source and use the tracker's own build. */
const FOLDERS = ['dist/assets/', '../dist/'].map((folder) => new URL(folder, PACKAGE_ROOT))
const NAMES = ['core.js', 'core.proxy.js']

const DAY = 'public, max-age=86400'
const FOREVER = 'public, max-age=31536000, immutable'

/** Returns the tracker's builds of this server's own version. */
export const readAssets = (): Map<string, Uint8Array<ArrayBuffer>> => {
  const found = new Map<string, Uint8Array<ArrayBuffer>>()
  for (const name of NAMES) {
    const file = FOLDERS.map((folder) => new URL(name, folder)).find((url) => existsSync(url))
    if (file !== undefined) found.set(name, new Uint8Array(readFileSync(file)))
  }
  return found
}

/**
 * Serves the script tags: under their names, cached for a day, and under names with their hash, cached forever. Any page
 * may load them, with integrity too: that needs CORS.
 *
 * @param limit counts the request for its address
 * @param files name to content
 */
export const assetRoutes = (
  limit: Step,
  files: ReadonlyMap<string, Uint8Array<ArrayBuffer>> = readAssets(),
): Route[] => {
  const assets = new Map<string, Asset>()
  for (const [name, content] of files) {
    const hash = createHash('sha256').update(content).digest('hex').slice(0, 16)
    const codings = {
      br: new Uint8Array(brotliCompressSync(content)),
      gzip: new Uint8Array(gzipSync(content, { level: 9 })),
    }
    assets.set(name, { content, codings, hash, caching: DAY })
    assets.set(name.replace(/js$/, `${hash}.js`), { content, codings, hash, caching: FOREVER })
  }
  const file: Step = {
    name: 'Script',
    section: '15',
    run: (context) => {
      const asset = assets.get(context.path.slice(ASSETS.length))
      return asset === undefined ? refuse(context, 'NOT_FOUND') : serve(context, asset)
    },
  }
  return [readingRoute(`${ASSETS}*`, limit, file)]
}

interface Asset {
  content: Uint8Array<ArrayBuffer>
  codings: Record<'br' | 'gzip', Uint8Array<ArrayBuffer>>
  hash: string
  caching: string
}

const serve = (context: RequestContext, asset: Asset): Answer => {
  const coding = (['br', 'gzip'] as const).find((name) =>
    accepts(context.header('accept-encoding') ?? '', name),
  )
  // Each coding is a separate representation (RFC 9110, 8.8.3).
  const etag = `"${asset.hash}${coding === undefined ? '' : `-${coding}`}"`
  const headers = {
    'Access-Control-Allow-Origin': '*',
    'Cache-Control': asset.caching,
    'Cross-Origin-Resource-Policy': 'cross-origin',
    ETag: etag,
    Vary: 'Accept-Encoding',
  }
  if (isKnown(context.header('if-none-match') ?? '', etag))
    return reply(context, 304, null, headers)
  return reply(context, 200, coding === undefined ? asset.content : asset.codings[coding], {
    ...headers,
    ...(coding !== undefined && { 'Content-Encoding': coding }),
    'Content-Type': 'text/javascript; charset=utf-8',
    'X-Content-Type-Options': 'nosniff',
  })
}

/** Reads one coding's place in `Accept-Encoding` (RFC 9110, 12.5.3): named, and not with a weight of zero. */
const accepts = (header: string, coding: string): boolean =>
  header.split(',').some((part) => {
    const [name, ...parameters] = part.split(';').map((text) => text.trim().toLowerCase())
    return name === coding && !parameters.some((text) => /^q=0(\.0*)?$/.test(text))
  })

/** Compares weakly, as `If-None-Match` does (RFC 9110, 13.1.2). */
const isKnown = (header: string, etag: string): boolean =>
  header.split(',').some((part) => ['*', etag, `W/${etag}`].includes(part.trim()))
