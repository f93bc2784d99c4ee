import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { callEventSchema, syncEventSchema } from '../../../server-reference/src/steps/schema.js'
import { SITE_ID, type Build } from '../site.js'
import { EVIL, KEY, type Piece } from './pieces.js'

/**
 * Collects the page's console output and every error that reaches it, regardless of what the page's own scripts do
 * later.
 */
const LISTEN = `<script>{
  const said = (window.said = [])
  for (const type of ['error', 'unhandledrejection'])
    addEventListener(type, (event) => said.push(type + ': ' + (event.reason || event.message)))
  for (const level of ['log', 'info', 'debug', 'warn', 'error', 'trace'])
    console[level] = (...words) => said.push(level + ': ' + words)
}</script>`
/** A link whose press stays on the page, at a position where a pointer finds it without querying the page. */
const PHONE = `<a id="phone" href="tel:+905000000001" style="position: fixed; inset: 0 auto auto 0; width: 90px; height: 90px; background: #eee">call</a>
<script>document.getElementById('phone').onclick = (event) => event.preventDefault()</script>`

/**
 * Returns a form whose fields have the names of the properties that are read from a form. Its target is shown in a
 * frame.
 */
const form = (origin: string): string => `<iframe name="shown" hidden></iframe>
<form data-ops-intent="booking" data-ops-target="room-7" action="${origin}/booked" target="shown">
  ${'getAttribute hasAttribute closest matches dataset localName nodeType parentNode attributes id action target elements tagName'
    .split(' ')
    .map((name) => `<input type="hidden" name="${name}" value="evil">`)
    .join('')}
  <button id="send" style="position: fixed; inset: 100px auto auto 0; width: 90px; height: 90px">send</button>
</form>`

export interface HostileSite {
  /** A page of the origin without the tracker. */
  blank: string
  /** The script that has to run there first. */
  earlier: string
  /** The hostile page. */
  url: string
  /** The requests with an event. */
  bodies: string[]
  /** Returns the faults of the requests that have arrived. */
  faults(): string[]
  stop(): void
}

/** Starts a new origin with one hostile page, and another origin that must receive nothing. */
export const startHostileSite = async (pieces: Piece[], build: Build): Promise<HostileSite> => {
  const bodies: string[] = []
  const views: string[] = []
  const strays: string[] = []
  const core = readFileSync(new URL(`../../../dist/${build}`, import.meta.url))
  const evil = await listen((request, response) => {
    strays.push(`${request.method} ${request.url} went to another origin`)
    response.setHeader('Access-Control-Allow-Origin', '*').end()
  })
  let page = ''
  const shop = await listen((request, response) => {
    if (request.method === 'POST') {
      let body = ''
      request.on('data', (piece) => (body += String(piece)))
      request.on('end', () => {
        if (request.url === '/ops') bodies.push(body)
        else if (request.url === '/sync') views.push(body)
        else strays.push(`POST ${request.url}`)
        response.setHeader('Content-Type', 'application/json').end('{"status":"unmatched"}')
      })
    } else if (request.url === '/core.js')
      response.setHeader('Content-Type', 'text/javascript').end(core)
    else
      response
        .setHeader('Content-Type', 'text/html')
        .end(
          request.url?.startsWith('/page') ? page : '<!doctype html><link rel=icon href="data:,">',
        )
  })
  const of = (what: 'above' | 'before' | 'earlier'): string =>
    pieces
      .map((piece) => piece[what] ?? '')
      .join('\n')
      .replaceAll(EVIL, evil.origin)
      .replaceAll(KEY, `opsmantik:${SITE_ID}:`)
  page = `<!doctype html><meta charset="utf-8"><link rel=icon href="data:,"><title>t</title>
    ${LISTEN}${PHONE}${form(shop.origin)}<div hidden>${of('above')}</div>
    ${pieces.map(({ before }) => before && `<script>${before}</script>`).join('\n')}
    <script src="${shop.origin}/core.js" data-ops-site-id="${SITE_ID}" data-ops-proxy-url="/ops" ${build === 'core.js' ? 'data-ops-sync-url="/sync"' : ''}></script>`
  const query = pieces.flatMap((piece) => piece.query ?? []).join('&')
  return {
    blank: `${shop.origin}/`,
    earlier: of('earlier'),
    url: `${shop.origin}/page${query && `?${query}`}`,
    bodies,
    faults: () => [
      ...strays,
      ...bodies.flatMap((body) => findFaults(body, callEventSchema.strict())),
      ...views.flatMap((body) => findFaults(body, syncEventSchema.strict())),
      ...findLoops(bodies),
      ...findLoops(views),
    ],
    stop: () => [evil, shop].forEach(({ stop }) => stop()),
  }
}

/** Returns the faults for which the server would refuse or ignore a body. */
const findFaults = (
  body: string,
  schema: { safeParse: typeof callEventSchema.safeParse | typeof syncEventSchema.safeParse },
): string[] => {
  try {
    const { error } = schema.safeParse(JSON.parse(body))
    return error ? error.issues.map(({ path, message }) => `${path.join('.')} ${message}`) : []
  } catch {
    return [`no JSON: ${body.slice(0, 60)}`]
  }
}

/** Returns a fault if an event came again: each gets 200, after which it must not. */
const findLoops = (bodies: string[]): string[] => {
  const repeated = bodies.length - new Set(bodies).size
  return repeated ? [`${repeated} of ${bodies.length} requests were answered before`] : []
}

const listen = async (handle: (request: IncomingMessage, response: ServerResponse) => void) => {
  const server = createServer(handle)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
