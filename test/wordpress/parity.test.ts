import { createHmac } from 'node:crypto'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest'
import { createProxy } from '../../src/proxy/index.js'
import { ask, type Question, type HttpReply } from './support/ask.js'
import { recorded, startConsole, type PlayedServer, type SeenRequest } from './support/console.js'
import { addToConfig, configure } from './support/php.js'

// The plugin and src/proxy are in front of the same server, get the same requests, and must respond and forward the
// same.

const siteId = '0123456789abcdef0123456789abcdef'
const OTHER = 'f'.repeat(32)
const secret = 'a secret of 28 characters, ş'
const FURTHER = 'https://m.shop.example'
const BODY = JSON.stringify({ site_id: siteId, fingerprint: 'v' })
const filled = (size: number): string => BODY.slice(0, -1) + ' '.repeat(size - BODY.length) + '}'

let upstream: PlayedServer
let reference: Server
let origins: { plugin: string; reference: string }

beforeAll(async () => {
  upstream = await startConsole()
  configure(inject('wordpress'), {
    console_url: upstream.url,
    site_id: siteId,
    script: false,
    secret,
  })
  addToConfig(
    inject('wordpress'),
    `require_once ABSPATH . 'wp-includes/plugin.php';
    add_filter( 'opsmantik_origins', function ( $origins ) { $origins[] = 'https://M.shop.example:443/'; return $origins; } );`,
  )
  const proxy = createProxy({
    siteId,
    secret,
    consoleUrl: upstream.url,
    clientAddress: () => '127.0.0.1',
    origins: [FURTHER],
  })
  reference = createServer(getRequestListener(proxy, { overrideGlobalObjects: false }))
  await new Promise<void>((resolve) => reference.listen(0, '127.0.0.1', resolve))
  origins = {
    plugin: inject('wordpress').url,
    reference: `http://127.0.0.1:${(reference.address() as AddressInfo).port}`,
  }
})
afterAll(async () => {
  addToConfig(inject('wordpress'), '')
  reference.closeAllConnections()
  reference.close()
  await upstream.close()
})
beforeEach(() => {
  upstream.answer = recorded
})

interface Case extends Omit<Question, 'headers'> {
  headers?: (own: string) => Record<string, string>
  sync?: boolean
  answer?: (response: ServerResponse) => void
}

const json =
  (status: number, body: string, headers: Record<string, string> = {}) =>
  (response: ServerResponse): void =>
    void response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(body)

const from = (origin: string) => () => ({ Origin: origin })

const CASES: Record<string, Case> = {
  'an event': {},
  'an event as the tracker sends it': {
    headers: (own) => ({ Origin: own, 'Content-Type': 'text/plain;charset=UTF-8' }),
  },
  'an event as application/json': { headers: () => ({ 'Content-Type': 'application/json' }) },
  'a form’s content type': {
    headers: () => ({ 'Content-Type': 'application/x-www-form-urlencoded' }),
  },
  'its own origin by https': { headers: (own) => ({ Origin: own.replace('http:', 'https:') }) },
  'a foreign origin': { headers: from('https://evil.example') },
  'the origin null': { headers: from('null') },
  'an empty origin': { headers: from('') },
  'an origin that only begins like its own': {
    headers: (own) => ({ Origin: `${own}.evil.example` }),
  },
  'its own origin with a slash': { headers: (own) => ({ Origin: `${own}/` }) },
  'its own host on another port': { headers: from('http://127.0.0.1:1') },
  'a foreign origin with a body that is no JSON': { headers: from('https://e.example'), body: '{' },
  'a foreign origin with a body that is too large': {
    headers: from('https://e.example'),
    body: filled(65_537),
  },
  'a body of 65,536 bytes': { body: filled(65_536) },
  'a body of one byte more': { body: filled(65_537) },
  'too large and no JSON': { body: 'x'.repeat(65_537) },
  'no body': { body: '' },
  'no JSON': { body: 'nonsense' },
  'no JSON, said to be JSON': {
    body: '{"a":',
    headers: () => ({ 'Content-Type': 'application/json' }),
  },
  'an array': { body: '[]' },
  'an array of one object': { body: `[${BODY}]` },
  'a string': { body: '"x"' },
  null: { body: 'null' },
  'invalid UTF-8': { body: Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]) },
  'a NUL byte': { body: `{"site_id":"${siteId}","a":"\0"}` },
  'an empty object': { body: '{}' },
  'a site that is a number': { body: '{"site_id":1}' },
  'a malformed site': { body: '{"site_id":"x"}' },
  'a site and a line break': { body: `{"site_id":"${siteId}\\n"}` },
  'another site': { body: JSON.stringify({ site_id: OTHER }) },
  'the site twice, ours last': { body: `{"site_id":"${OTHER}","site_id":"${siteId}"}` },
  'the site twice, ours first': { body: `{"site_id":"${siteId}","site_id":"${OTHER}"}` },
  'the site as an upper-case UUID': { body: '{"site_id":"01234567-89AB-CDEF-0123-456789ABCDEF"}' },
  'white space, escapes, unknown fields and ş': {
    body: `\t{ "site_id" : "${siteId}",\r\n "a":"\\u0131\\/ş😀" , "a":1.50, "b":{}, "c":[ ] }\n `,
  },
  'a byte order mark': { body: `\ufeff${BODY}` },
  'half of a surrogate pair': { body: `{"site_id":"${siteId}","a":"\\ud800"}` },
  'a name that starts with NUL': { body: `{"site_id":"${siteId}","\\u0000a":1}` },
  'numbers too large for anybody': {
    body: `{"site_id":"${siteId}","value":123456789012345678901234567890,"x":1e999}`,
  },
  'a thousand levels': {
    body: `{"site_id":"${siteId}","a":${'['.repeat(1000)}${']'.repeat(1000)}}`,
  },
  'a sync event': { sync: true, body: JSON.stringify({ s: siteId, u: 'x' }) },
  'a sync batch': { sync: true, body: JSON.stringify({ events: [{ s: siteId }, { s: siteId }] }) },
  'an empty sync batch': { sync: true, body: '{"events":[]}' },
  'a sync batch with another site in it': {
    sync: true,
    body: JSON.stringify({ events: [{ s: siteId }, { s: OTHER }] }),
  },
  'a sync batch of something else': { sync: true, body: '{"events":["x",null,[]]}' },
  'a sync event without a site': { sync: true, body: '{"u":"x"}' },
  'a chain of proxies': {
    headers: () => ({ 'X-Forwarded-For': '198.51.100.1, 203.0.113.2', 'User-Agent': 'Visitor/1' }),
  },
  GET: { method: 'GET' },
  PUT: { method: 'PUT' },
  DELETE: { method: 'DELETE', headers: from('https://evil.example') },
  'a preflight from a foreign origin': {
    method: 'OPTIONS',
    headers: () => ({ Origin: 'https://evil.example', 'Access-Control-Request-Method': 'POST' }),
  },
  'a preflight from a further origin': {
    method: 'OPTIONS',
    headers: () => ({
      Origin: FURTHER,
      'Access-Control-Request-Method': 'POST',
      'Access-Control-Request-Headers': 'content-type',
    }),
  },
  'a preflight from its own origin': {
    method: 'OPTIONS',
    headers: (own) => ({ Origin: own, 'Access-Control-Request-Method': 'POST' }),
  },
  'OPTIONS without an origin': { method: 'OPTIONS' },
  'an event from a further origin': { headers: from(FURTHER) },
  'a further origin by http': { headers: from('http://m.shop.example') },
  'no JSON from a further origin': { headers: from(FURTHER), body: 'nonsense' },
  'another method from a further origin': { method: 'PUT', headers: from(FURTHER) },
  'a refusal to a further origin': {
    headers: from(FURTHER),
    answer: json(429, '{"code":"RATE_LIMITED"}', { 'Retry-After': '17' }),
  },
  'a connection that breaks, for a further origin': {
    headers: from(FURTHER),
    answer: (response) => void response.destroy(),
  },
  'a duplicate': {
    answer: json(200, '{ "status":"noop", "call_id":"\\u0063\\/", "n":1.0, "o":{} }'),
  },
  'a refusal': { answer: json(401, '{"error":"Unauthorized","code":"X","server_ts":1}') },
  'a limit': { answer: json(429, '{"error":"x","code":"RATE_LIMITED"}', { 'Retry-After': '17' }) },
  'a failure': {
    answer: json(503, '{"code":"X"}', { 'Retry-After': 'Wed, 21 Oct 2026 07:28:00 GMT' }),
  },
  'an answer with cookies and CORS': {
    answer: json(200, '{}', {
      'Set-Cookie': 'a=b',
      'Access-Control-Allow-Origin': '*',
      Server: 'x',
    }),
  },
  'an answer that brings its request id': {
    answer: json(200, '{}', { 'X-Request-Id': 'of-the-server' }),
  },
  '202 without a body': { answer: (response) => void response.writeHead(202).end() },
  '204': { answer: (response) => void response.writeHead(204).end() },
  '500 without a body': { answer: (response) => void response.writeHead(500).end() },
  'an answer of 65,536 bytes': { answer: json(200, `{"a":"${'x'.repeat(65_528)}"}`) },
  'an answer of one byte more': { answer: json(200, `{"a":"${'x'.repeat(65_529)}"}`) },
  'an answer of 400 MB': {
    answer: (response) => {
      response.writeHead(200, { 'Content-Type': 'application/json' })
      const chunk = Buffer.alloc(65_536, ' ')
      let left = 6_400
      const send = (): void => {
        while (left-- > 0 && response.write(chunk));
        if (left <= 0) response.end()
      }
      response.on('drain', send)
      send()
    },
  },
  'an answer that drips': {
    answer: (response) => {
      response.writeHead(200, { 'Content-Type': 'application/json' })
      const drops = setInterval(() => response.write(' '), 300)
      response.on('close', () => clearInterval(drops))
    },
  },
  'an answer with odd headers': {
    answer: json(503, '{"code":"X"}', {
      'Retry-After': '9'.repeat(129),
      'X-Request-Id': 'a\u00e9',
    }),
  },
  'an empty page of HTML': {
    answer: (response) =>
      void response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(),
  },
  'a redirect in JSON': { answer: json(307, '{}', { Location: '/elsewhere' }) },
  'a page of HTML': {
    answer: (response) =>
      void response.writeHead(200, { 'Content-Type': 'text/html' }).end('<html>'),
  },
  'a redirect': {
    answer: (response) => void response.writeHead(307, { Location: '/elsewhere' }).end(),
  },
  'a connection that breaks': { answer: (response) => void response.destroy() },
  'an answer that breaks off': {
    answer: (response) => {
      response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': '1000' })
      response.write('{"status":')
      setTimeout(() => response.destroy(), 50)
    },
  },
  // Either side of the four seconds, so far that a busy machine changes nothing.
  'a server that takes two seconds': { answer: (r) => void setTimeout(() => recorded(r), 2_000) },
  'a server that takes seven seconds': { answer: (r) => void setTimeout(() => recorded(r), 7_000) },
  'a server that does not finish': {
    answer: (response) => {
      response.writeHead(200, { 'Content-Type': 'application/json' }).write('{"status":')
    },
  },
}

/** Returns what the client sees, without the values that always differ. */
const visible = ({ status, headers, text, json: body }: HttpReply, own: string): object => ({
  status,
  body: body['code'] ? { ...body, request_id: typeof body['request_id'] } : text,
  origin: body['origin'] === own ? 'its own' : body['origin'],
  id: headers['x-request-id'] === 'of-the-server' || typeof headers['x-request-id'],
  sameId: body['request_id'] === undefined || body['request_id'] === headers['x-request-id'],
  type: headers['content-type'],
  cache: headers['cache-control'],
  retry: headers['retry-after'],
  allow: headers['allow'],
  cookie: headers['set-cookie'],
  cors: Object.entries(headers)
    .filter(([name]) => name.startsWith('access-control-'))
    .sort(),
  vary: /\borigin\b/i.test(headers.vary ?? ''),
})

/** Returns what the server behind the proxy received, without the values that always differ. */
const forwarded = ({ path, headers, body }: SeenRequest): object => {
  const message = Buffer.concat([Buffer.from(`${headers['x-ops-ts']}.`), body])
  const age = Date.now() / 1000 - Number(headers['x-ops-ts'])
  return {
    path,
    body: body.toString('hex'),
    signed:
      headers['x-ops-signature'] === createHmac('sha256', secret).update(message).digest('hex'),
    fresh: /^\d{10}$/.test(String(headers['x-ops-ts'])) && age > -5 && age < 60,
    site: headers['x-ops-site-id'],
    proxy: headers['x-ops-proxy'],
    host: headers['x-ops-proxy-host']?.toString().replace(/:\d+$/, ''),
    type: headers['content-type'],
    chain: headers['x-forwarded-for'],
    agent: headers['user-agent'] === 'Visitor/1',
    id: typeof headers['x-request-id'],
    origin: headers.origin,
    cookie: headers.cookie,
  }
}

test.each(Object.entries(CASES))('%s: the plugin and src/proxy agree', async (_, asked) => {
  upstream.answer = asked.answer ?? recorded
  const through = async (own: string, url: string): Promise<object> => {
    upstream.seen = []
    const headers = { Cookie: 'wordpress_logged_in_x=1', ...asked.headers?.(own) }
    const question: Question = { ...asked, headers, body: asked.body ?? BODY }
    const reply = await ask(url, question)
    // An origin is repeated to the one who sent it.
    const same = JSON.parse(
      JSON.stringify(visible(reply, own)).replaceAll(own.replace('http:', ''), 'OWN'),
    )
    return { reply: same, sent: upstream.seen.map(forwarded) }
  }
  const route = asked.sync ? '/wp-json/opsmantik/v1/sync' : '/wp-json/opsmantik/v1/call-event'
  const plugin = await through(origins.plugin, origins.plugin + route)
  const expected = await through(origins.reference, `${origins.reference}/ops`)
  expect(plugin).toEqual(expected)
})
