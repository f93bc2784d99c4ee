import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A server on a separate origin. */
export interface PageServer {
  /** Without a slash at the end. */
  origin: string
  close(): void
}

/** Serves on a free port of the loopback interface. */
export const servePage = async (listener: RequestListener): Promise<PageServer> => {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
