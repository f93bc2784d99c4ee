import { connect } from 'node:net'

export interface RawAnswer {
  status: number
  /** Lower-case names. */
  headers: Record<string, string>
  body: string
}

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
  /** How many answers end the conversation. Default: it ends when the server closes, or at the time limit. */
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

const parseAnswers = (text: string): { answers: RawAnswer[]; rest: string } => {
  const answers: RawAnswer[] = []
  let rest = text
  for (;;) {
    const end = rest.indexOf('\r\n\r\n')
    if (end === -1) return { answers, rest }
    const [start = '', ...lines] = rest.slice(0, end).split('\r\n')
    const headers = Object.fromEntries(
      lines.map((line) => {
        const colon = line.indexOf(':')
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
      }),
    )
    const status = Number(start.split(' ')[1])
    const length = Number(headers['content-length'] ?? 0)
    const body = rest.slice(end + 4, end + 4 + length)
    if (body.length < length) return { answers, rest }
    rest = rest.slice(end + 4 + length)
    if (status !== 100) answers.push({ status, headers, body })
  }
}
