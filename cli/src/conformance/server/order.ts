import { CALL_EVENT_V1, CALL_EVENT_V2, SYNC } from '@opsmantik/tracker/contract'
import { must, section, type Check } from '../check.js'
import { expectRecorded, expectRefusal } from '../expect.js'
import { FOREIGN, POSTS, type Server } from './server.js'

const TOO_LARGE = ' '.repeat(65_537)
const WRONG = 'not-the-secret-of-this-site'
const XML = { 'Content-Type': 'application/xml' }
const NOBODY = '00000000-0000-4000-8000-00000000dead'

/** The event padded to so many bytes. */
const padded = (server: Server, bytes: number): string => {
  const text = JSON.stringify(server.event())
  return text + ' '.repeat(bytes - text.length)
}

export const order: Check<Server>[] = section(5, [
  {
    id: 'order.origin-before-size',
    title: 'The origin is looked at before the size',
    cause: 'A body parser stands before the CORS middleware, and its 413 has no CORS headers.',
    async run(server) {
      for (const path of POSTS)
        expectRefusal(
          await server.post(path, TOO_LARGE, { Origin: FOREIGN, ...XML }),
          403,
          'ORIGIN_NOT_ALLOWED',
          `${path}: too large, wrong type, foreign origin`,
        )
    },
  },
  {
    id: 'order.size-before-type',
    title: 'The size is looked at before the content type',
    cause: 'The body parser chosen by content type does the counting.',
    async run(server) {
      for (const path of POSTS)
        expectRefusal(
          await server.post(path, TOO_LARGE, XML),
          413,
          'PAYLOAD_TOO_LARGE',
          `${path}: too large and of a wrong type`,
        )
    },
  },
  {
    id: 'order.type-before-signature',
    title: 'The content type is looked at before the signature',
    cause: 'Authentication stands first, and a client with a wrong header is told to sign.',
    async run(server) {
      for (const path of [CALL_EVENT_V1, CALL_EVENT_V2])
        expectRefusal(
          await server.post(path, '{}', XML),
          415,
          'UNSUPPORTED_MEDIA_TYPE',
          `${path}: unsigned and of a wrong type`,
        )
    },
  },
  {
    id: 'order.signature-before-json',
    title: 'The signature is verified before the body is read as JSON',
    cause: 'The body is parsed first: a stranger learns the schema, and costs a parse.',
    async run(server) {
      for (const path of [CALL_EVENT_V1, CALL_EVENT_V2]) {
        expectRefusal(
          await server.post(path, 'nonsense'),
          401,
          'SIGNATURE_REQUIRED',
          `${path}: unsigned nonsense`,
        )
        expectRefusal(
          await server.send('{"site_id":5}', { path, secret: WRONG }),
          401,
          'SIGNATURE_INVALID',
          `${path}: a wrongly signed body that fails the schema`,
        )
      }
    },
  },
  {
    id: 'order.schema-before-site',
    title: 'The schema is looked at before the site',
    cause: 'The site is resolved from a body that was not validated.',
    async run(server) {
      const answer = await server.call(server.event({ site_id: NOBODY, fingerprint: '' }))
      expectRefusal(answer, 400, 'INVALID_BODY', 'an unknown site and an empty fingerprint')
    },
  },
  {
    id: 'order.window-before-verification',
    level: 'SHOULD',
    title: 'The time window is looked at before the signature is verified',
    cause: 'Every request with a stale timestamp costs a database round trip.',
    async run(server) {
      expectRefusal(
        await server.call(server.event(), { secret: WRONG, ts: String(server.now() - 4_000) }),
        401,
        'SIGNATURE_TIMESTAMP_INVALID',
        'stale and wrongly signed',
      )
    },
  },
  {
    id: 'order.size-exact',
    title: '65,536 bytes are accepted, one more is 413 PAYLOAD_TOO_LARGE',
    cause: 'A limit of 64,000 bytes or of 100 kB, the defaults of common frameworks.',
    async run(server) {
      expectRecorded(await server.send(padded(server, 65_536)), 'a signed body of 65,536 bytes')
      expectRefusal(
        await server.send(padded(server, 65_537)),
        413,
        'PAYLOAD_TOO_LARGE',
        'a signed body of 65,537 bytes',
      )
      for (const path of POSTS)
        expectRefusal(
          await server.post(path, TOO_LARGE),
          413,
          'PAYLOAD_TOO_LARGE',
          `65,537 bytes to ${path}`,
        )
    },
  },
  {
    id: 'order.size-counted',
    title: 'The actual size is counted where none is declared',
    cause: 'Only Content-Length is looked at.',
    async run(server) {
      for (const path of POSTS)
        expectRefusal(
          await server.ask(path, {
            method: 'POST',
            headers: { Origin: server.origin, 'Content-Type': 'application/json' },
            body: ' '.repeat(200_000),
            chunked: true,
          }),
          413,
          'PAYLOAD_TOO_LARGE',
          `200,000 bytes in chunks to ${path}`,
        )
      expectRecorded(
        await server.send(JSON.stringify(server.event()), { chunked: true }),
        'a signed event in chunks',
      )
    },
  },
  {
    id: 'order.content-types',
    title: 'application/json and text/plain are accepted, with parameters, in either case',
    cause:
      'The header is compared whole, or text/plain (which spares a browser the preflight) is not known.',
    async run(server) {
      for (const type of [
        'application/json',
        'text/plain',
        'application/json; charset=utf-8',
        'text/plain;charset=UTF-8',
        'Application/JSON',
      ]) {
        expectRecorded(
          await server.call(server.event(), { headers: { 'Content-Type': type } }),
          `Content-Type: ${type}`,
        )
        const sync = await server.sync(server.view(), { 'Content-Type': type })
        must(sync.status === 200, `sync with ${type}: got ${sync.status}`, sync)
      }
    },
  },
  {
    id: 'order.other-types',
    title: 'Any other content type is 415 UNSUPPORTED_MEDIA_TYPE',
    cause: 'The type is not looked at, or as a substring.',
    async run(server) {
      for (const type of [
        'application/xml',
        'application/x-www-form-urlencoded',
        'multipart/form-data; boundary=x',
        'text/html',
        'application/jsonp',
        'x-text/plain',
        'text/plainer',
        'application/octet-stream; application/json',
      ])
        for (const path of [CALL_EVENT_V1, SYNC])
          expectRefusal(
            await server.post(path, '{}', { 'Content-Type': type }),
            415,
            'UNSUPPORTED_MEDIA_TYPE',
            `${path} with ${type}`,
          )
    },
  },
])
