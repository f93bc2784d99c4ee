import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request that reached the server behind the proxy. */
export interface SeenRequest {
  path: string
  headers: IncomingHttpHeaders
  /** The names and values as they were sent, one after another. */
  rawHeaders: string[]
  body: Buffer
}

export interface PlayedServer {
  url: string
  seen: SeenRequest[]
  /** Writes its response; a test may replace it. */
  answer: (response: ServerResponse) => void
  close: () => Promise<void>
}

export const recorded = (response: ServerResponse): void =>
  void response
    .setHeader('Content-Type', 'application/json')
    .end('{"status":"unmatched","call_id":"c","session_id":null}')

/** A server that plays the console: it keeps the bytes that it got, and answers as the test says. */
export const startConsole = async (): Promise<PlayedServer> => {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { url: path = '', headers, rawHeaders } = request
      console.seen.push({ path, headers, rawHeaders, body: Buffer.concat(chunks) })
      console.answer(response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const console: PlayedServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen: [],
    answer: recorded,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return console
}
