export interface RawAnswer {
  status: number
  /** Lower-case names. */
  headers: Record<string, string>
  body: string
}

/** Splits what a server sent into answers of HTTP/1.1; `rest` is what is no complete answer. */
export const parseAnswers = (text: string): { answers: RawAnswer[]; rest: string } => {
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
    const length = status === 304 ? 0 : Number(headers['content-length'] ?? 0)
    const body = rest.slice(end + 4, end + 4 + length)
    if (body.length < length) return { answers, rest }
    rest = rest.slice(end + 4 + length)
    if (status !== 100) answers.push({ status, headers, body })
    if (status === 101) return { answers, rest }
  }
}
