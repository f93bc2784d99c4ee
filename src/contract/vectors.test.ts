import { createHash, createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { sign } from './sign.js'
import { sign as signInBrowser } from '../tracker/sign.js'
import { canonicalMessage, canonicalText } from './message.js'
import { CONTRACT_VERSION } from './version.js'
import vectors from './vectors.json' with { type: 'json' }

describe.each(vectors.signatures)('$name', ({ secret, ts, body: part, body_times, ...known }) => {
  const body = part.repeat(body_times)
  const bytes = new TextEncoder().encode(body)

  test('the canonical message is the known one', () => {
    const message = canonicalMessage(ts, bytes)
    expect(createHash('sha256').update(message).digest('hex')).toBe(known.message_sha256)
    expect(new TextEncoder().encode(canonicalText(ts, body))).toEqual(message)
  })

  test('OpenSSL, by way of node:crypto, makes the known signature', () => {
    const hmac = createHmac('sha256', secret).update(canonicalMessage(ts, bytes))
    expect(hmac.digest('hex')).toBe(known.signature)
  })

  test('the proxy makes the known signature', async () => {
    expect(await sign(secret, ts, bytes)).toBe(known.signature)
  })
})

// The tracker makes its own timestamp, which has no leading zero.
const ownTimestamps = vectors.signatures.filter(({ ts }) => !ts.startsWith('0'))
test.each(ownTimestamps)('the tracker makes the known signature: $name', async (vector) => {
  const { secret, ts, body, body_times, signature } = vector
  const headers = await signInBrowser('s', secret, body.repeat(body_times), +ts + 0.999)
  expect(headers).toEqual({
    'X-Ops-Site-Id': 's',
    'X-Ops-Ts': ts,
    'X-Ops-Signature': signature,
  })
})

test('the vectors name the version of the contract', () => {
  expect(vectors.contract).toBe(CONTRACT_VERSION)
})

test('the vectors cover what breaks signatures', () => {
  const names = vectors.signatures.map(({ name }) => name).join()
  for (const word of ['ascii', 'unicode', 'empty body', '64 KiB', 'non-ASCII'])
    expect(names).toContain(word)
  const large = vectors.signatures.find(({ name }) => name === 'body of 64 KiB')!
  expect(large.body.length * large.body_times).toBe(65_536)
})
