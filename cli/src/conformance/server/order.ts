import { CALL_EVENT_V1, CALL_EVENT_V2, SYNC } from '@opsmantik/tracker/contract'
import { must, section, type Check } from '../check.js'
import { expectRefusal } from '../expect.js'
import { FOREIGN, type Server } from './server.js'
import { expectRefusedBy, expectTakenBy, expectUnsigned, signedWays, type Way } from './ways.js'

const TOO_LARGE = ' '.repeat(65_537)
const WRONG = 'not-the-secret-of-this-site'
const XML = { 'Content-Type': 'application/xml' }
const NOBODY = '00000000-0000-4000-8000-00000000dead'

/** An event padded to so many bytes. */
const padded = (way: Way, bytes: number): string => {
  const text = JSON.stringify(way.event())
  return text + ' '.repeat(bytes - text.length)
}

export const order: Check<Server>[] = section(5, [
  {
    id: 'order.origin-before-size',
    title: 'The origin is looked at before the size',
    cause: 'A body parser stands before the CORS middleware, and its 413 has no CORS headers.',
    async run(server) {
      for (const path of server.posts)
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
      for (const path of server.posts)
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
      for (const way of signedWays(server)) {
        expectUnsigned(way, await way.post('nonsense'), 'SIGNATURE_REQUIRED', 'unsigned nonsense')
        for (const body of ['nonsense', '{"site_id":5,"s":5}', `{"site_id":"${NOBODY}"}`])
          expectUnsigned(
            way,
            await way.send(body, { secret: WRONG }),
            'SIGNATURE_INVALID',
            `the body ${body}, wrongly signed`,
          )
      }
    },
  },
  {
    id: 'order.schema-before-site',
    title: 'The schema is looked at before the site',
    cause: 'The site is resolved from a body that was not validated.',
    async run(server) {
      for (const way of signedWays(server)) {
        const broken = way.path === SYNC ? { sid: 5 } : { fingerprint: '' }
        expectRefusedBy(
          way,
          await way.sendEvent(way.event({ [way.siteField]: NOBODY, ...broken })),
          400,
          'INVALID_BODY',
          'an unknown site and a field that fails the schema',
        )
      }
    },
  },
  {
    id: 'order.json-before-schema',
    title: 'What is no JSON is INVALID_JSON, what is JSON and no event INVALID_BODY',
    cause: 'One code for both: a client cannot tell a broken line from a wrong field.',
    async run(server) {
      for (const way of signedWays(server)) {
        expectRefusedBy(way, await way.send('{"a":'), 400, 'INVALID_JSON', 'half of an object')
        expectRefusedBy(way, await way.send('{}'), 400, 'INVALID_BODY', 'an empty object')
      }
    },
  },
  {
    id: 'order.site-before-mismatch',
    title: 'A site that does not exist is INVALID_SITE_ID, also if the header names another',
    cause: 'Header and body are compared as text before the body’s site is resolved.',
    async run(server) {
      for (const way of signedWays(server))
        expectRefusedBy(
          way,
          await way.sendEvent(way.event({ [way.siteField]: NOBODY })),
          400,
          'INVALID_SITE_ID',
          'an unknown site in the body, the own one in the header',
        )
    },
  },
  {
    id: 'order.within-signature',
    title: 'Within step 6 the order is headers, time window, decoding, verifier',
    cause: 'The verifier is asked first, or the text is decoded while it is read.',
    async run(server) {
      const bytes = Uint8Array.from([0x7b, 0xff, 0x7d])
      const stale = String(server.now() - 4_000)
      for (const way of signedWays(server)) {
        expectUnsigned(
          way,
          await way.send(bytes, { ts: stale, signature: () => 'x' }),
          'SIGNATURE_REQUIRED',
          'a malformed signature, stale, not UTF-8',
        )
        expectUnsigned(
          way,
          await way.send(bytes, { ts: stale, secret: WRONG }),
          'SIGNATURE_TIMESTAMP_INVALID',
          'stale, not UTF-8, wrongly signed',
        )
        expectRefusedBy(
          way,
          await way.send(bytes, { secret: WRONG }),
          400,
          'INVALID_JSON',
          'not UTF-8, wrongly signed',
        )
      }
    },
  },
  {
    id: 'order.method-first',
    title: 'The method is looked at before the origin',
    cause: 'A CORS middleware stands before the router.',
    async run(server) {
      for (const path of server.posts)
        expectRefusal(
          await server.ask(path, { method: 'PUT', headers: { Origin: FOREIGN } }),
          405,
          'METHOD_NOT_ALLOWED',
          `PUT ${path} from a foreign origin`,
        )
    },
  },
  {
    id: 'order.window-before-verification',
    title: 'The time window is looked at before the signature is verified',
    cause: 'Every request with a stale timestamp costs a database round trip.',
    async run(server) {
      for (const way of signedWays(server))
        expectUnsigned(
          way,
          await way.sendEvent(way.event(), { secret: WRONG, ts: String(server.now() - 4_000) }),
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
      for (const way of signedWays(server)) {
        expectTakenBy(way, await way.send(padded(way, 65_536)), 'a signed body of 65,536 bytes')
        expectRefusedBy(
          way,
          await way.send(padded(way, 65_537)),
          413,
          'PAYLOAD_TOO_LARGE',
          'a signed body of 65,537 bytes',
        )
        // Half as many characters as bytes.
        expectRefusedBy(
          way,
          await way.sendEvent(way.event({ later: 'ş'.repeat(33_000) })),
          413,
          'PAYLOAD_TOO_LARGE',
          'a signed body of 33,000 characters of two bytes',
        )
      }
      for (const path of server.posts)
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
      for (const path of server.posts)
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
      for (const way of signedWays(server))
        expectTakenBy(
          way,
          await way.sendEvent(way.event(), { chunked: true }),
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
        for (const way of signedWays(server))
          expectTakenBy(
            way,
            await way.sendEvent(way.event(), { headers: { 'Content-Type': type } }),
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
        '',
        'text/html',
        'application/jsonp',
        'application/vnd.api+json',
        'text/json',
        'x-text/plain',
        'text/plainer',
        'application/octet-stream; application/json',
      ])
        for (const path of server.posts)
          expectRefusal(
            await server.post(path, '{}', { 'Content-Type': type }),
            415,
            'UNSUPPORTED_MEDIA_TYPE',
            `${path} with ${type}`,
          )
    },
  },
])
