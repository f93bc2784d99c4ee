// Clients that are slow, stop in the middle, or hang up.
import { connect } from 'node:net'
import { signed } from '../../../server-reference/src/testing/sign.js'

/** Returns the head of a valid request for this body. */
export const headOf = (
  body: string,
  framing = `Content-Length: ${Buffer.byteLength(body)}`,
): string =>
  [
    'POST /api/call-event/v2 HTTP/1.1',
    'Host: x',
    'Content-Type: application/json',
    framing,
    ...Object.entries(signed(body)).map(([name, value]) => `${name}: ${value}`),
    '',
    '',
  ].join('\r\n')

export interface Dripped {
  status: number
  text: string
  /** Milliseconds until the connection was closed. */
  ms: number
}

/** Sends piece after piece with a pause between, and collects the answer. `hangUp`: how it leaves after the last one. */
export const drip = (
  url: string,
  pieces: Iterable<string>,
  { pause = 0, hangUp }: { pause?: number; hangUp?: 'FIN' | 'RST' } = {},
): Promise<Dripped> =>
  new Promise((resolve) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    const began = Date.now()
    const rest = [...pieces]
    let answer = ''
    socket.on('data', (bytes) => {
      answer += String(bytes)
      if (answer.endsWith('}')) socket.destroy()
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      const text = answer.split('\r\n\r\n')[1] ?? ''
      resolve({ status: Number(answer.slice(9, 12)), text, ms: Date.now() - began })
    })
    const next = (): void => {
      const piece = rest.shift()
      if (socket.destroyed) return
      if (piece !== undefined) {
        socket.write(piece)
        setTimeout(next, pause)
      } else if (hangUp === 'FIN') socket.end()
      else if (hangUp === 'RST') socket.resetAndDestroy()
    }
    socket.on('connect', next)
  })
