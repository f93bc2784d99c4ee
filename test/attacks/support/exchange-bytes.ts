import { connect } from 'node:net'
import { parseAnswers, type RawAnswer } from './parse-answers.js'

/** Longer than the server's request timeout. */
const LIMIT_MS = 20_000

/** Writes bytes, says that there are no more, and reads until the server closes too. */
export const exchangeBytes = (
  url: string,
  bytes: Buffer,
): Promise<{ answers: RawAnswer[]; rest: string; isClosed: boolean }> =>
  new Promise((resolve) => {
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname)
    const read: Buffer[] = []
    const finish = (isClosed: boolean): void => {
      clearTimeout(late)
      socket.destroy()
      const text = Buffer.concat(read).toString('latin1')
      const isHead = bytes.subarray(0, 5).toString('latin1') === 'HEAD '
      // An answer to HEAD has a length and no body.
      resolve({ ...(isHead ? headOnly(text) : parseAnswers(text)), isClosed })
    }
    const late = setTimeout(() => finish(false), LIMIT_MS)
    socket.on('data', (data) => {
      read.push(data)
      // A reader that was let in stays: it is the one that goes.
      if (data.toString('latin1').startsWith('HTTP/1.1 101')) finish(true)
    })
    socket.on('error', () => {})
    socket.on('close', () => finish(true))
    socket.end(bytes)
  })

const headOnly = (text: string): { answers: RawAnswer[]; rest: string } => {
  const { answers } = parseAnswers(text.replaceAll(/content-length: \d+/gi, 'Content-Length: 0'))
  return { answers, rest: '' }
}
