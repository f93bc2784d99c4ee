import {
  createServer,
  request,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from 'node:http'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TestServer } from './server.js'

/** The response from behind the gateway, to be changed. Names in lower case; a list is a header that occurs twice. */
export interface GatewayResponse {
  status: number
  headers: Record<string, string | string[]>
  body: string | Buffer
}

export interface GatewayRequest {
  method: string
  path: string
  headers: Record<string, string>
  body: string
}

export interface GatewayFaults {
  /** Answers in the server's place; undefined lets the request through. */
  instead?: (asked: GatewayRequest) => GatewayResponse | 'hang' | 'cut' | undefined
  /** Changes the request on its way. */
  there?: (asked: GatewayRequest) => void
  /** Changes the answer on its way. */
  back?: (answer: GatewayResponse, asked: GatewayRequest) => void
  /** Handles an upgrade; default: it is passed on. */
  upgrade?: (asked: IncomingMessage, socket: Duplex, pass: () => void) => void
}

const read = async (message: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

const HOP = ['connection', 'keep-alive', 'transfer-encoding', 'content-length']

const forward = (target: string, asked: GatewayRequest): Promise<GatewayResponse> =>
  new Promise((resolve, reject) => {
    const headers = { ...asked.headers }
    for (const name of HOP) delete headers[name]
    const out = request(
      target + asked.path,
      {
        method: asked.method,
        headers: { ...headers, 'content-length': String(Buffer.byteLength(asked.body)) },
        agent: false,
      },
      (answer) =>
        void read(answer).then((body) => {
          const back: GatewayResponse['headers'] = {}
          for (const [name, value] of Object.entries(answer.headers))
            if (value !== undefined && !HOP.includes(name)) back[name] = value
          resolve({ status: answer.statusCode ?? 0, headers: back, body })
        }, reject),
    )
    out.on('error', reject)
    out.end(asked.body)
  })

export const listen = (server: Server): Promise<string> =>
  new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () =>
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    ),
  )

const stopper = (server: Server, sockets: Set<Duplex>) => (): Promise<void> =>
  new Promise((resolve) => {
    for (const socket of sockets) socket.destroy()
    server.close(() => resolve())
    server.closeAllConnections()
  })

/** Starts a plain server for the test. */
export const startPlain = async (listener: RequestListener): Promise<TestServer> => {
  const server = createServer(listener)
  return { url: await listen(server), stop: stopper(server, new Set()) }
}

/** Starts a gateway with faults in front of a server. */
export const startGateway = async (target: string, faults: GatewayFaults): Promise<TestServer> => {
  const sockets = new Set<Duplex>()
  const server = createServer((incoming, response) => {
    const serve = async (): Promise<void> => {
      const asked: GatewayRequest = {
        method: incoming.method ?? '',
        path: incoming.url ?? '',
        headers: incoming.headers as Record<string, string>,
        body: await read(incoming),
      }
      const own = faults.instead?.(asked)
      if (own === 'hang') return
      if (own === 'cut') return void incoming.socket.destroy()
      faults.there?.(asked)
      const answer = own ?? (await forward(target, asked))
      faults.back?.(answer, asked)
      response.writeHead(answer.status, answer.headers)
      response.end(answer.status === 204 ? undefined : answer.body)
    }
    serve().catch(() => response.destroy())
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
  })
  server.on('upgrade', (incoming, socket, head) => {
    const pass = (): void => {
      const { hostname, port } = new URL(target)
      const upstream = connect(Number(port), hostname, () => {
        const lines = [`${incoming.method} ${incoming.url} HTTP/1.1`]
        for (let i = 0; i < incoming.rawHeaders.length; i += 2)
          lines.push(`${incoming.rawHeaders[i]}: ${incoming.rawHeaders[i + 1]}`)
        upstream.write(lines.join('\r\n') + '\r\n\r\n')
        upstream.write(head)
        upstream.pipe(socket).pipe(upstream)
      })
      sockets.add(upstream)
      upstream.on('error', () => socket.destroy())
      socket.on('error', () => upstream.destroy())
    }
    if (faults.upgrade) faults.upgrade(incoming, socket, pass)
    else pass()
  })
  return { url: await listen(server), stop: stopper(server, sockets) }
}
