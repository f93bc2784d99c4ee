import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Listening {
  /** Without a slash at its end. */
  url: string
  close(): Promise<void>
}

/**
 * @param port 0: any that is free
 * @param host where to listen
 * @throws Error with `code` EADDRINUSE and the like
 */
export const listen = (
  handler: RequestListener,
  port = 0,
  host = '127.0.0.1',
): Promise<Listening> =>
  new Promise((resolve, reject) => {
    const server = createServer(handler)
    server.on('error', reject)
    server.listen(port, host, () => {
      const { port: given } = server.address() as AddressInfo
      resolve({
        url: `http://${host.includes(':') ? `[${host}]` : host}:${given}`,
        close: () =>
          new Promise((done) => {
            server.close(() => done())
            server.closeAllConnections()
          }),
      })
    })
  })

export const readAll = async (request: IncomingMessage): Promise<Uint8Array<ArrayBuffer>> => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return new Uint8Array(Buffer.concat(chunks))
}
