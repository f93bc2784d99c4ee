import { expect, test } from 'vitest'
import { judge } from '../contract/outcome.js'
import { BODY, openProxy, siteId } from '../../test/support/played-upstream.js'

type Opened = Parameters<typeof openProxy>

const other = 'f'.repeat(32)
const left = (): ReadableStream => new ReadableStream({ start: (c) => c.error(new Error('left')) })
const json = (code: string, status: number): Response => Response.json({ code }, { status })

/** A visitor's request through a proxy that something is wrong with. */
const through = async (
  [upstream, options]: Partial<Opened>,
  body: BodyInit | null,
  origin: string,
): ReturnType<ReturnType<typeof openProxy>['ask']> =>
  openProxy(upstream, { siteId, ...options }).ask('POST', { Origin: origin }, body)

const KEPT: Record<string, [Partial<Opened>, BodyInit | null, string?]> = {
  'no secret': [[undefined, { secret: undefined }], BODY],
  'a secret that is too short': [[undefined, { secret: 'too short' }], BODY],
  'a wrong secret': [[() => json('SIGNATURE_INVALID', 401)], BODY],
  'a clock that is wrong': [[() => json('SIGNATURE_TIMESTAMP_INVALID', 401)], BODY],
  'a site that the server does not know yet': [[() => json('INVALID_SITE_ID', 400)], BODY],
  'a server with signing disabled': [[() => json('ORIGIN_REQUIRED', 403)], BODY],
  'a path that moved': [[() => json('NOT_FOUND', 404)], BODY],
  'a limit': [[() => json('RATE_LIMITED', 429)], BODY],
  'an origin that was rewritten on the way': [[], BODY, 'https://www.shop.example'],
  'another site than its own': [[], JSON.stringify({ site_id: other })],
  'another site than its own in a batch': [
    [],
    JSON.stringify({ events: [{ s: siteId }, { s: other }] }),
  ],
  'no site': [[], '{"fingerprint":"v"}'],
  'a body that something in between took away': [[], ''],
  'a visitor who leaves in the middle': [[], left()],
  'a server that is not there': [[() => Promise.reject(new Error())], BODY],
  'a server that hangs': [[() => new Promise(() => {}), { timeout: 5 }], BODY],
  'a page of HTML in place of the server': [
    [() => new Response('<!doctype html>', { headers: { 'Content-Type': 'text/html' } })],
    BODY,
  ],
  'an empty page of HTML': [
    [() => new Response('', { headers: { 'Content-Type': 'text/html' } })],
    BODY,
  ],
  'a redirect': [[() => Response.redirect('https://login.example/')], BODY],
  'an address header that throws': [
    [
      undefined,
      {
        clientAddress: () => {
          throw new Error('no such header')
        },
      },
    ],
    BODY,
  ],
}

test.each(Object.entries(KEPT))(
  '%s: the tracker keeps the event',
  async (_, [opened, body, origin = 'https://shop.example']) => {
    const { text, response } = await through(opened, body, origin)
    expect(judge(response, text).status).toBe('queued')
  },
)

test.each<[string, BodyInit, string]>([
  ['no JSON', 'nonsense', 'INVALID_JSON'],
  ['no object', '[]', 'INVALID_JSON'],
  ['a NUL byte', `{"site_id":"${siteId}","a":"\0"}`, 'INVALID_JSON'],
  ['more than 65,536 bytes', 'x'.repeat(65_537), 'PAYLOAD_TOO_LARGE'],
])(
  '%s is the event’s own fault: the tracker drops it, with the reason',
  async (_, body, reason) => {
    const { text, response } = await through([], body, 'https://shop.example')
    expect(judge(response, text)).toMatchObject({
      status: 'dropped',
      reason,
    })
  },
)
