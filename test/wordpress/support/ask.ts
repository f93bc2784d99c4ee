import { request, type IncomingHttpHeaders } from 'node:http'

export interface Question {
  method?: string
  headers?: Record<string, string>
  body?: string | Buffer
}

export interface HttpReply {
  status: number
  headers: IncomingHttpHeaders
  text: string
  /** The body as JSON, or an empty object if it is not JSON. */
  json: Record<string, unknown>
}

const parse = (text: string): Record<string, unknown> => {
  try {
    return Object(JSON.parse(text))
  } catch {
    return {}
  }
}

/** One request with exactly these headers, which `fetch` would not send: `Origin` is its own affair. */
export const ask = (
  url: string,
  { method = 'POST', headers, body }: Question = {},
): Promise<HttpReply> =>
  new Promise((resolve, reject) => {
    const bytes = Buffer.from(method === 'GET' ? '' : (body ?? ''))
    const length = method === 'GET' ? {} : { 'Content-Length': String(bytes.length) }
    const sent = request(
      url,
      { method, headers: { ...length, ...headers }, agent: false, timeout: 20_000 },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          const status = response.statusCode ?? 0
          resolve({ status, headers: response.headers, text, json: parse(text) })
        })
      },
    )
    sent.on('timeout', () => sent.destroy(new Error(`No answer from ${url}`)))
    sent.on('error', reject)
    sent.end(bytes)
  })
