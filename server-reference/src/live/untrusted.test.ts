// Data from NOTIFY, Redis and other processes is untrusted input: anyone with write access there may have written it.
import { randomUUID } from 'node:crypto'
import { pino } from 'pino'
import { expect, it } from 'vitest'
import type { Channel } from './channel.js'
import { ENVELOPE_MAX, readEnvelope, writeEnvelope } from './envelope.js'
import { createFanOut } from './fan-out.js'
import { createFeed } from './feed.js'
import { parseMessage } from './parse-message.js'
import { piecesOf, reassemble } from './pieces.js'

const CALL_ID = randomUUID()
const call = (fields: Record<string, unknown> = {}) => ({
  type: 'call',
  id: `1763745600000000-${CALL_ID}`,
  at: 1_763_745_600_000,
  call_id: CALL_ID,
  session_id: null,
  site_id: randomUUID(),
  status: 'unmatched',
  endpoint: '/api/call-event/v2',
  action: 'phone',
  target: '+905000000000',
  page_url: null,
  ...fields,
})
const textOf = (...messages: unknown[]): string => JSON.stringify({ from: 'other', messages })

it.each([
  'null',
  '0',
  '"text"',
  '[]',
  '[null]',
  '{}',
  '{"from":null}',
  '{"from":{}}',
  '{"from":""}',
  '{"from":"a b"}',
  '{',
  '',
  '\u0000',
  `{"from":"${'x'.repeat(65)}"}`,
  `"${'x'.repeat(ENVELOPE_MAX)}"`,
  '['.repeat(100_000),
])('%.40s is nobody’s envelope, and nothing is thrown', (text) => {
  expect(readEnvelope(text, false)).toBeNull()
})

it.each([
  ['messages that are none', { messages: 'x' }],
  ['messages of wrong types', { messages: [null, 1, 'x', [], {}, { type: 1 }, { type: 'call' }] }],
  ['a prototype', { messages: [{ type: '__proto__' }, { type: 'constructor', id: 'x', at: 'y' }] }],
  ['a hello that is none', { hello: [], messages: [] }],
  ['a hello with a word that is none', { hello: { word: {}, isReading: 'yes' } }],
])('%s leave nothing of an envelope', (_, content) => {
  const envelope = readEnvelope(JSON.stringify({ from: 'other', ...content }), false)
  expect(envelope).toEqual({ from: 'other', messages: [] })
})

it.each([
  { id: 1 },
  { id: '5' },
  { id: `5-${CALL_ID}`.replace('5', '9'.repeat(30)) },
  { at: 1e300 },
  { at: '1' },
  { at: null },
  { call_id: 'x' },
  { call_id: undefined },
  { site_id: {} },
  { status: 'noop' },
  { target: 'x'.repeat(2_000) },
  { page_url: ['x'] },
  { occurred_at: -1 },
  { matched_later: 'yes' },
])('a call with %o is not passed on', (fields) => {
  expect(parseMessage(call(fields), false)).toBeNull()
})

it('a good call is passed on without what does not belong to it', () => {
  const sent = call({ detail: { body: 'secret' }, extra: 1 })
  const plain = call({ site_id: sent.site_id })
  expect(parseMessage(sent, false)).toEqual(plain)
  expect(parseMessage(sent, true)).toEqual({ ...plain, detail: { body: 'secret' } })
})

it('a kind that only a newer process knows is passed on whole, if it is small', () => {
  const later = { type: 'later', id: '7', at: 7, what: { is: ['this'] } }
  expect(parseMessage(later, false)).toEqual(later)
  expect(parseMessage({ ...later, what: 'x'.repeat(70_000) }, false)).toBeNull()
})

it('texts come through in pieces, whatever is in them', () => {
  const heard: string[] = []
  const take = reassemble((text) => heard.push(text))
  const texts = ['{}', JSON.stringify({ a: 'çağrı ☎️ 😀'.repeat(5_000) }), '']
  for (const text of texts) for (const piece of piecesOf(text)) take(piece)
  expect(heard.map((text) => text && JSON.parse(text))).toEqual(
    texts.map((text) => text && JSON.parse(text)),
  )
})

it('pieces that nobody sent in this order are dropped, and what follows is heard', () => {
  const heard: string[] = []
  const take = reassemble((text) => heard.push(text))
  const w = 'abcdef012345'
  const junk = [
    '',
    'x',
    '0:null',
    `${w}.`,
    `${w}.:x`,
    `${w}.-1:x`,
    `${w}.999999999:x`,
    `${w}.256:x`,
  ]
  for (const piece of [...junk, ...junk]) take(piece)
  expect(heard).toEqual([])
  // Out of order, and a text that ends with another one's piece.
  for (const piece of [`${w}.5:a`, `${w}.3:b`, `${w}.1:c`, `${w.replace('a', 'b')}.0:d`])
    take(piece)
  expect(heard).toEqual(['d'])
  take(`${w}.1:x`)
  for (const piece of piecesOf('{"good":true}')) take(piece)
  expect(heard.at(-1)).toBe('{"good":true}')
})

it('pieces without an end are not collected', () => {
  let longest = 0
  const take = reassemble((text) => (longest = Math.max(longest, text.length)))
  const w = 'abcdef012345'
  for (let n = 0; n < 2_000; n++) take(`${w}.255:${'x'.repeat(7_900)}`)
  for (let left = 254; left >= 0; left--) take(`${w}.${left}:y`)
  expect(longest).toBe(7_900 + 255)
})

const fanOutOn = async () => {
  let hear!: (text: string) => void
  const channel: Channel = {
    kind: 'notify',
    send: () => {},
    listen: async (onText) => void (hear = onText),
    close: async () => {},
  }
  const logged: string[] = []
  const log = pino({}, { write: (line: string) => void logged.push(line) })
  const feed = createFeed()
  const out = await createFanOut(feed, channel, log)
  return { feed, out, logged, hear: (text: string) => hear(text) }
}

it('a process hears 10,000 bad texts and goes on; the log has one line', async () => {
  const { feed, out, logged, hear } = await fanOutOn()
  const seen: unknown[] = []
  feed.subscribe((message) => seen.push(message))
  const values = [null, 0, -1, 1e308, '', 'x', [], {}, true, [[[]]], { a: null }]
  const pick = (n: number): unknown => values[n % values.length]
  for (let n = 0; n < 10_000; n++)
    hear(
      n % 3 === 0
        ? String(JSON.stringify(pick(n)))
        : JSON.stringify({
            from: n % 5 ? 'other' : pick(n),
            hello: pick(n + 1),
            messages: n % 2 ? pick(n + 2) : [call({ [Object.keys(call())[n % 11]!]: pick(n + 3) })],
          }),
    )
  expect(logged).toHaveLength(1)
  hear(textOf(call()))
  expect(seen.at(-1)).toMatchObject({ call_id: CALL_ID })
  await out.close()
})

it('a flood of good messages is cut to 2,000 a second', async () => {
  const { feed, out, hear } = await fanOutOn()
  let seen = 0
  feed.subscribe(() => seen++)
  const began = Date.now()
  for (let n = 0; n < 30; n++)
    hear(
      writeEnvelope('other', {
        messages: Array.from({ length: 400 }, () => {
          const call_id = randomUUID()
          return JSON.stringify(call({ call_id, id: `1-${call_id}` }))
        }),
      }),
    )
  const seconds = Math.floor((Date.now() - began) / 1000) + 2
  expect(seen).toBeGreaterThan(0)
  expect(seen).toBeLessThanOrEqual(2_000 * seconds)
  await out.close()
})
