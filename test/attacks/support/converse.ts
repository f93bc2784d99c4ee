import { connect } from 'node:net'
import { parseAnswers, type RawAnswer } from './parse-answers.js'

export interface Conversation {
  /** Complete answers, in their order. */
  answers: RawAnswer[]
  isClosed: boolean
  /** Bytes that are no complete answer. */
  rest: string
}

interface Options {
  /** Milliseconds between two parts. */
  pauseMs?: number
  /** Number of responses that end the conversation. Default: it ends when the server closes, or at the time limit. */
  answers?: number
  limitMs?: number
}

/** Writes parts to a server, one after the other, and reads HTTP/1.1 answers until it closes or has said enough. */
export const converse = (
  url: string,
  parts: readonly (string | Buffer)[],
  { pauseMs = 20, answers: wanted = Infinity, limitMs = 4_000 }: Options = {},
): Promise<Conversation> =>
  new Promise((resolve) => {
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname)
    let bytes = ''
    const finish = (isClosed: boolean): void => {
      clearTimeout(late)
      socket.destroy()
      resolve({ ...parseAnswers(bytes), isClosed })
    }
    const late = setTimeout(() => finish(false), limitMs)
    socket.setNoDelay()
    socket.on('data', (data) => {
      bytes += data.toString('latin1')
      if (parseAnswers(bytes).answers.length >= wanted) finish(false)
    })
    socket.on('error', () => {})
    socket.on('close', () => finish(true))
    void (async () => {
      for (const part of parts) {
        socket.write(part)
        await new Promise((next) => setTimeout(next, pauseMs))
      }
    })()
  })
