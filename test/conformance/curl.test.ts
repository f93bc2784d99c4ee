import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { curl } from '../../cli/src/conformance/index.js'
import { playConsole } from '../../cli/src/conformance/node/console.js'

const bytes = (...values: number[]) => Uint8Array.from(values)
const BODIES: [string, string | Uint8Array<ArrayBuffer>][] = [
  ['plain', '{"a":1}'],
  ['quotes and backslashes', `{"a":"it's \\u0041 \\\\ \\" $HOME \`x\` !"}`],
  ['white space at its ends', '\n {} \n\n'],
  ['beyond ASCII', '{"a":"şğı 漢字 😀"}'],
  ['per cent signs and NUL', bytes(37, 115, 0, 255, 92, 39, 10)],
  ['65,537 spaces', ' '.repeat(65_537)],
  ['an event with padding', '{"a":1}' + ' '.repeat(70_000)],
  ['deep nesting', '{"a":' + '['.repeat(2_000) + ']'.repeat(2_000) + '}'],
]

test.each(BODIES)('the line, pasted into a shell, sends the same bytes: %s', async (_, body) => {
  const played = await playConsole()
  try {
    const line = curl({
      method: 'POST',
      url: played.url + '/api/call-event',
      headers: { 'Content-Type': 'application/json', 'X-Quote': "it's" },
      body,
    })
    await once(spawn('bash', ['-c', line], { stdio: 'ignore' }), 'close')
    const [arrived] = played.strays()
    const expected = typeof body === 'string' ? new TextEncoder().encode(body) : body
    expect(Buffer.from(arrived!.body).equals(Buffer.from(expected))).toBe(true)
    expect(arrived!.headers.get('x-quote')).toBe("it's")
  } finally {
    await played.close()
  }
})
