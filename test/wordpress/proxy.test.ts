import { createHmac } from 'node:crypto'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from 'vitest'
import { freePort } from '../../demo/ports.mjs'
import { startServer } from '../../demo/server.mjs'
import { ask, type Question, type HttpReply } from './support/ask.js'
import { recorded, startConsole, type PlayedServer } from './support/console.js'
import { addToConfig, configure, php, type PluginSettings } from './support/php.js'

const siteId = '0123456789abcdef0123456789abcdef'
const secret = 'the-very-secret-of-this-test'
const BODY = JSON.stringify({ site_id: siteId, fingerprint: 'v' })
const site = inject('wordpress')
const own = site.url
const ROUTE = '/wp-json/opsmantik/v1/call-event'

let upstream: PlayedServer
/** All text of all responses, to search for the secret. */
let said = ''

const set = (settings: Partial<PluginSettings> = {}): void =>
  configure(site, { console_url: upstream.url, site_id: siteId, script: true, secret, ...settings })

const post = async (question: Question = {}, route = ROUTE): Promise<HttpReply> => {
  const reply = await ask(own + route, { body: BODY, ...question })
  said += JSON.stringify([reply.status, reply.headers, reply.text])
  return reply
}
const code = ({ status, json }: HttpReply): unknown[] => [status, json['code']]
const cors = ({ headers }: HttpReply): string[] =>
  Object.keys(headers).filter((name) => name.startsWith('access-control-'))
const complaints = (): string => (existsSync(site.log) ? readFileSync(site.log, 'utf8') : '')

beforeAll(async () => {
  rmSync(site.log, { force: true })
  upstream = await startConsole()
  set()
})
afterAll(() => upstream.close())
beforeEach(() => {
  upstream.seen = []
  upstream.answer = recorded
})
afterEach(() => addToConfig(site, ''))

test('the server gets the very bytes that came in, signed', async () => {
  const body = Buffer.from(
    `\r\n{ "site_id":"${siteId}", "url":"https:\\/\\/ş.example\\/", "a":1, "a":1.0,\t"\\u015f":"ş 😀 & <" }\n`,
  )
  expect((await post({ body, headers: { Origin: own } })).status).toBe(200)
  const [sent] = upstream.seen
  expect(sent?.path).toBe('/api/call-event/v2')
  expect(sent?.body.equals(body)).toBe(true)
  const message = Buffer.concat([Buffer.from(`${sent?.headers['x-ops-ts']}.`), body])
  expect(sent?.headers['x-ops-signature']).toBe(
    createHmac('sha256', secret).update(message).digest('hex'),
  )
  expect(sent?.headers).toMatchObject({
    'content-type': 'application/json',
    'content-length': String(body.length),
    'x-ops-site-id': siteId,
    'x-ops-proxy': '1',
    'x-ops-proxy-host': '127.0.0.1',
    'x-forwarded-for': '127.0.0.1',
  })
})

test('each signature header is sent once', async () => {
  await post()
  const names = upstream.seen[0]?.rawHeaders.filter((_, i) => i % 2 === 0) ?? []
  const ours = names.map((name) => name.toLowerCase()).filter((name) => /^x-|^content/.test(name))
  expect(ours.length).toBeGreaterThan(7)
  expect(new Set(ours).size).toBe(ours.length)
})

test('a foreign origin is refused, and nothing is sent or opened to it', async () => {
  for (const origin of ['https://evil.example', 'null', `${own}.evil.example`]) {
    const reply = await post({ headers: { Origin: origin } })
    expect(code(reply)).toEqual([403, 'ORIGIN_NOT_ALLOWED'])
    expect(reply.json['origin']).toBe(origin)
    expect(cors(reply)).toEqual([])
  }
  expect(upstream.seen).toEqual([])
})

test('the visitor’s address is REMOTE_ADDR or what the filter says, and nothing is forwarded without one', async () => {
  const forged = { headers: { 'X-Forwarded-For': '198.51.100.1, 198.51.100.2' } }
  const filter = (address: string): void =>
    addToConfig(
      site,
      `require_once ABSPATH . 'wp-includes/plugin.php';
      add_filter( 'opsmantik_client_address', function ( $address, $request ) { return ${address}; }, 10, 2 );`,
    )
  await post(forged)
  filter(`$request->get_header( 'cf-connecting-ip' )`)
  await post({ headers: { ...forged.headers, 'CF-Connecting-IP': '2001:db8::1' } })
  await post(forged)
  for (const wrong of [`'203.0.113.9, 1.1.1.1'`, 'null', 'array()', `'localhost'`]) {
    filter(wrong)
    await post(forged)
  }
  expect(upstream.seen.map(({ headers }) => headers['x-forwarded-for'])).toEqual([
    '198.51.100.1, 198.51.100.2, 127.0.0.1',
    '198.51.100.1, 198.51.100.2, 2001:db8::1',
    ...Array(5).fill(undefined),
  ])
})

test('no cache keeps what our routes respond, and their list at /wp-json/ does not name them', async () => {
  for (const question of [{}, { method: 'GET' }, { method: 'OPTIONS' }, { body: 'nonsense' }]) {
    const { headers } = await post(question)
    expect([headers['cache-control'], headers.vary]).toEqual(['no-store', 'Origin'])
  }
  for (const path of ['/wp-json/', '/wp-json/opsmantik/v1']) {
    const { text } = await ask(own + path, { method: 'GET' })
    expect(text).not.toMatch(/call-event|sync/)
  }
  const { json } = await ask(`${own}/wp-json/`, { method: 'GET' })
  expect(json['namespaces']).toContain('wp/v2')
  expect(json['namespaces']).not.toContain('opsmantik/v1')
})

test('a response without an end is read up to the limit only', async () => {
  let sent = 0
  let closed: (() => void) | undefined
  const whenClosed = new Promise<void>((resolve) => (closed = resolve))
  upstream.answer = (response) => {
    response.writeHead(200, { 'Content-Type': 'application/json' })
    const send = (): void => {
      do sent += 65_536
      while (response.write(Buffer.alloc(65_536, ' ')))
    }
    response.on('drain', send)
    response.on('close', () => closed?.())
    send()
  }
  expect(code(await post())).toEqual([502, 'UPSTREAM_UNREACHABLE'])
  await whenClosed
  // The content of the sockets' buffers; 400 MB would arrive within the four seconds.
  expect(sent).toBeLessThan(20_000_000)
})

test('a compressed response is counted as it unfolds', async () => {
  const body = gzipSync(Buffer.alloc(50_000_000, ' '))
  expect(body.length).toBeLessThan(65_536)
  upstream.answer = (response) =>
    void response
      .writeHead(200, { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' })
      .end(body)
  expect(code(await post())).toEqual([502, 'UPSTREAM_UNREACHABLE'])
})

test('without curl too, a response without an end is 502 and one that drips is 504', async () => {
  addToConfig(
    site,
    `require_once ABSPATH . 'wp-includes/plugin.php';
    add_action( 'requests-requests.before_request', function ( &$url, &$headers, &$data, &$type, &$options ) {
      $new = '\\WpOrg\\Requests\\Transport\\Fsockopen';
      $options['transport'] = class_exists( $new ) ? $new : 'Requests_Transport_fsockopen';
      header( 'X-Connect-Seconds: ' . $options['connect_timeout'] );
    }, 20, 5 );`,
  )
  const reply = await post()
  expect([reply.status, reply.headers['x-connect-seconds']]).toEqual([200, '4'])
  upstream.answer = (response) => {
    response.writeHead(200, { 'Content-Type': 'application/json' })
    const send = (): void => {
      while (response.write(Buffer.alloc(65_536, ' ')));
    }
    response.on('drain', send)
    send()
  }
  expect(code(await post())).toEqual([502, 'UPSTREAM_UNREACHABLE'])
  upstream.answer = (response) => {
    response.writeHead(200, { 'Content-Type': 'application/json' })
    const drops = setInterval(() => response.write(' '), 300)
    response.on('close', () => clearInterval(drops))
  }
  expect(code(await post())).toEqual([504, 'UPSTREAM_TIMEOUT'])
})

test('WordPress’ own CORS headers are on its other routes and on none of ours', async () => {
  const headers = { Origin: 'https://evil.example' }
  const theirs = await ask(`${own}/wp-json/`, { method: 'GET', headers })
  expect(theirs.headers['access-control-allow-credentials']).toBe('true')
  for (const method of ['GET', 'POST', 'OPTIONS', 'HEAD'])
    for (const route of [ROUTE, '/wp-json/opsmantik/v1/sync', '/wp-json/OpsMantik/V1/Sync/'])
      expect([method, route, ...cors(await post({ method, headers }, route))]).toEqual([
        method,
        route,
      ])
})

test('without pretty permalinks the route answers too', async () => {
  const route = '/index.php?rest_route=/opsmantik/v1/call-event'
  expect((await post({}, route)).json).toMatchObject({ status: 'unmatched' })
  expect(code(await post({ headers: { Origin: 'null' } }, route))[0]).toBe(403)
})

test.each([
  ['a body that is too large', { body: 'x'.repeat(65_537) }, 413, 'PAYLOAD_TOO_LARGE'],
  [
    'a form with files that is too large',
    { body: 'x'.repeat(65_537), headers: { 'Content-Type': 'multipart/form-data; boundary=x' } },
    413,
    'PAYLOAD_TOO_LARGE',
  ],
  ['more than PHP takes of a form', { body: 'x'.repeat(1_100_000) }, 413, 'PAYLOAD_TOO_LARGE'],
  ['no body', { body: '' }, 400, 'BAD_REQUEST'],
  [
    'a form with files, whose body PHP keeps to itself',
    { headers: { 'Content-Type': 'multipart/form-data; boundary=x' } },
    400,
    'BAD_REQUEST',
  ],
  ['no JSON', { body: '{"a":' }, 400, 'INVALID_JSON'],
  ['no object', { body: '[]' }, 400, 'INVALID_JSON'],
  ['no site', { body: '{"fingerprint":"v"}' }, 400, 'INVALID_SITE_ID'],
  ['another site', { body: `{"site_id":"${'f'.repeat(32)}"}` }, 400, 'INVALID_SITE_ID'],
  ['a sync event', { body: `{"s":"${siteId}"}` }, 400, 'INVALID_SITE_ID'],
  ['GET', { method: 'GET' }, 405, 'METHOD_NOT_ALLOWED'],
])('%s is refused', async (_, question, status, expected) => {
  expect(code(await post(question))).toEqual([status, expected])
  expect(upstream.seen).toEqual([])
})

test('without a site id of its own it takes the one that the body names, if it is one', async () => {
  set({ site_id: '' })
  const other = 'F'.repeat(32)
  expect((await post({ body: `{"site_id":"${other}"}` })).status).toBe(200)
  expect(upstream.seen[0]?.headers['x-ops-site-id']).toBe(other)
  for (const id of [`${other}\\n`, `\\n${other}`, other.slice(1), ''])
    expect(code(await post({ body: `{"site_id":"${id}"}` }))).toEqual([400, 'INVALID_SITE_ID'])
  expect(upstream.seen).toHaveLength(1)
  set()
})

test('a batch of WordPress’ own cannot smuggle an event past the origin', async () => {
  const body = JSON.stringify({
    site_id: siteId,
    requests: [{ method: 'POST', path: '/opsmantik/v1/call-event', body: JSON.parse(BODY) }],
  })
  const headers = { Origin: 'https://evil.example', 'Content-Type': 'application/json' }
  const reply = await post({ body, headers }, '/wp-json/batch/v1')
  expect(reply.status).toBe(207)
  expect(upstream.seen).toEqual([])
})

test('a server that does not answer is 504, one that is not there 502', async () => {
  upstream.answer = () => {}
  expect(code(await post())).toEqual([504, 'UPSTREAM_TIMEOUT'])
  set({ console_url: `http://127.0.0.1:${await freePort(0)}` })
  expect(code(await post())).toEqual([502, 'UPSTREAM_UNREACHABLE'])
  set()
})

test.each([200, 400, 401, 429, 500, 503])(
  'the server’s %i comes back as it was, with Retry-After',
  async (status) => {
    const text = '{ "code":"X", "url":"a/b\\/c", "n":1.0, "o":{}, "ş":"\\u015f" }'
    upstream.answer = (response) =>
      void response
        .writeHead(status, { 'Content-Type': 'application/json', 'Retry-After': '9' })
        .end(text)
    const reply = await post({ headers: { Origin: own } })
    expect([reply.status, reply.text, reply.headers['retry-after']]).toEqual([status, text, '9'])
  },
)

test('an administrator who is logged in gets the same answer as a visitor', async () => {
  const cookie = php(
    site,
    `echo LOGGED_IN_COOKIE, '=', wp_generate_auth_cookie( 1, time() + 3600, 'logged_in' );`,
  )
  const reply = await post({ headers: { Cookie: cookie, Origin: own } })
  expect(reply.text).toBe('{"status":"unmatched","call_id":"c","session_id":null}')
  expect(reply.headers['cache-control']).toBe('no-store')
  expect(upstream.seen[0]?.headers.cookie).toBe(undefined)
})

test('without a secret, with a short one or without a console it says that it is not configured', async () => {
  for (const wrong of [{ secret: '' }, { secret: 'fifteen letters' }, { console_url: '' }]) {
    set(wrong)
    expect(code(await post())).toEqual([500, 'PROXY_NOT_CONFIGURED'])
  }
  expect(upstream.seen).toEqual([])
  set()
})

test('the secret in wp-config.php wins over the one that is saved, even when it is empty', async () => {
  const constant = 'the-secret-of-the-constant'
  addToConfig(site, `define( 'OPSMANTIK_SECRET', '${constant}' );`)
  await post()
  const { headers } = upstream.seen[0]!
  expect(headers['x-ops-signature']).toBe(
    createHmac('sha256', constant).update(`${headers['x-ops-ts']}.${BODY}`).digest('hex'),
  )
  addToConfig(site, `define( 'OPSMANTIK_SECRET', '' );`)
  expect(code(await post())).toEqual([500, 'PROXY_NOT_CONFIGURED'])
})

test('a filter lets another origin in, and an action tells of failures', async () => {
  addToConfig(
    site,
    `require_once ABSPATH . 'wp-includes/plugin.php';
    add_filter( 'opsmantik_origins', function ( $origins ) { $origins[] = 'https://m.shop.example'; return $origins; } );
    add_action( 'opsmantik_failed', function ( $code ) { header( "X-Failed: $code" ); } );`,
  )
  const headers = { Origin: 'https://m.shop.example' }
  expect((await post({ headers })).status).toBe(200)
  upstream.answer = (response) => void response.destroy()
  expect((await post()).headers['x-failed']).toBe('UPSTREAM_UNREACHABLE')
})

test('a firewall of the site’s own has the first word', async () => {
  addToConfig(
    site,
    `require_once ABSPATH . 'wp-includes/plugin.php';
    add_filter( 'rest_pre_dispatch', function () { return new WP_Error( 'blocked', 'No', array( 'status' => 403 ) ); } );`,
  )
  const reply = await post({ headers: { Origin: own } })
  expect(code(reply)).toEqual([403, 'blocked'])
  // A page on a further origin has to be able to read this too.
  expect(cors(reply).sort()).toEqual([
    'access-control-allow-origin',
    'access-control-expose-headers',
  ])
  expect(reply.headers['cache-control']).toBe('no-store')
  expect(cors(await post({ headers: { Origin: 'https://evil.example' } }))).toEqual([])
  expect(upstream.seen).toEqual([])
})

test('a plugin that throws on the way makes a 500 in the contract’s words, without the reason', async () => {
  addToConfig(
    site,
    `require_once ABSPATH . 'wp-includes/plugin.php';
    add_filter( 'pre_http_request', function () { throw new Exception( opsmantik_secret() ); } );`,
  )
  expect(code(await post())).toEqual([500, 'INTERNAL'])
})

test('an address in Unicode is compared in the punycode that browsers send', () => {
  const origins = php(
    site,
    `add_filter( 'home_url', function () { return 'https://Çiçek.example'; } );
    echo wp_json_encode( opsmantik_origins() );`,
  )
  expect(JSON.parse(origins)).toContain(new URL('https://Çiçek.example').origin)
})

test('the reference server records what comes through it, byte for byte, and once', async () => {
  const server = await startServer({ port: await freePort(0), siteId, secret, origins: [own] })
  set({ console_url: new URL(server.url).origin })
  const body = `{ "site_id":"${siteId}", "fingerprint":"ş", "event_id":"11111111-2222-4333-8444-555555555555",
    "intent_action":"phone", "intent_target":"+90\\u0035000000000", "url":"https:\\/\\/a.example\\/" }\n`
  const first = await post({ body, headers: { Origin: own } })
  const again = await post({ body, headers: { Origin: own } })
  const view = { s: siteId, u: own, sid: 's', sm: '2026-01-01', ec: 'page', ea: 'view' }
  const synced = await post(
    { body: JSON.stringify({ events: [view, view] }) },
    '/wp-json/opsmantik/v1/sync',
  )
  set({ console_url: new URL(server.url).origin, secret: 'not the secret of the server' })
  const wrong = await post({ body })
  await server.stop()
  set()
  expect([first.status, first.json['status']]).toEqual([200, 'unmatched'])
  expect(again.json).toMatchObject({ status: 'noop', call_id: first.json['call_id'] })
  expect(synced.json).toMatchObject({ ok: true, accepted: 2 })
  expect(code(wrong)).toEqual([401, 'SIGNATURE_INVALID'])
})

test('the secret was in no answer and in no log, and PHP had nothing to complain about', () => {
  expect(said).toContain('PROXY_NOT_CONFIGURED')
  const log = complaints()
  for (const text of [said, log]) expect(text).not.toContain(secret)
  expect(
    log.split('\n').filter((line) => /plugins\/opsmantik|headers already sent/i.test(line)),
  ).toEqual([])
})
