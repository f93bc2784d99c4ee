// @vitest-environment happy-dom
import * as fc from 'fast-check'
import { afterEach, expect, test, vi } from 'vitest'
import { callEventSchema, syncEventSchema } from '../../server-reference/src/steps/schema.js'
import { createTracker } from '../index.js'

const siteId = '0123456789abcdef0123456789abcdef'
const proxyUrl = 'http://localhost:3000/ops'
const syncUrl = 'http://localhost:3000/sync'

afterEach(() => {
  vi.unstubAllGlobals()
  localStorage.clear()
  sessionStorage.clear()
})

/** Text with what breaks things: NUL, lone surrogates, long runs, percent signs, quotes. */
const nasty = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({
    unit: fc.constantFrom('\0', '\ud800', '\udfff', '😀', '"', '\\', '%', '&', '=', 'ş'),
  }),
  fc.constantFrom(
    'gclid=a%00b',
    'x'.repeat(300),
    'ş'.repeat(3_000),
    '{}',
    'null',
    '[object Object]',
  ),
)
/** Node 20 has `toWellFormed`, the library of our types has not. */
const wellFormed = (text: string): string => text.replace(/[\ud800-\udfff]/gu, '\ufffd')

const anything = fc.oneof(
  nasty,
  fc.anything({ withBigInt: true, withNullPrototype: true }),
  fc.constantFrom<unknown>(Symbol('x'), NaN, Infinity, '120 TL', '1.234,50', '1e999', 1e21, '+.5'),
)
const keys = fc.constantFrom('fp', 'ad', 'sid', 'skew', 'drops', 'view', '__proto__', 'constructor')
const ids = fc.uuid().map((id) => id)
const stored = fc.array(
  fc.tuple(
    fc.oneof(keys, ids, nasty).map((key) => `opsmantik:${siteId}:${key}`),
    fc.oneof(nasty, fc.json(), ids),
  ),
  { maxLength: 6 },
)

test('whatever page, address, storage and caller hold, each body is what the server’s schema allows', async () => {
  await fc.assert(
    fc.asyncProperty(
      stored,
      stored,
      nasty,
      anything,
      anything,
      anything,
      anything,
      async (local, session, query, action, target, click_id, value) => {
        localStorage.clear()
        sessionStorage.clear()
        for (const [key, text] of local) localStorage.setItem(key, text)
        for (const [key, text] of session) sessionStorage.setItem(key, text)
        const bodies: [url: string, body: string][] = []
        vi.stubGlobal('fetch', async (url: string, { body }: RequestInit) => {
          bodies.push([url, body as string])
          return Response.json({ status: 'unmatched' })
        })
        history.replaceState(null, '', '/')
        vi.stubGlobal('location', {
          href: 'http://localhost:3000/?gclid=' + encodeURIComponent(wellFormed(query)),
          search:
            '?gclid=' + wellFormed(query) + '&wbraid=' + encodeURIComponent(wellFormed(query)),
        })
        const tracker = createTracker({ siteId, proxyUrl, syncUrl })
        tracker.page()
        const outcome = await tracker.intent(action as string, target as string, {
          click_id: click_id as string,
          value: value as number,
        })
        tracker.destroy()
        // A value that cannot be converted to a string does not name an action.
        const isSent = outcome.reason !== 'invalid'
        expect(bodies.filter(([url]) => url === proxyUrl)).toHaveLength(isSent ? 1 : 0)
        for (const [url, body] of bodies) {
          const schema = url === proxyUrl ? callEventSchema.strict() : syncEventSchema.strict()
          expect(schema.safeParse(JSON.parse(body)).error?.issues).toBeUndefined()
        }
      },
    ),
    { numRuns: 200 },
  )
})
