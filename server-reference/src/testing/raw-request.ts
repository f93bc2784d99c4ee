import { connect, type Socket } from 'node:net'

/** Writes bytes to the server and collects what comes back until it closes, or `ms` pass, or `until` is seen. */
export const rawRequest = (
  url: string,
  request: string | Buffer,
  { ms = 2_000, until = /\}$/ }: { ms?: number; until?: RegExp } = {},
): Promise<string> =>
  new Promise((resolve) => {
    const { hostname, port } = new URL(url)
    const socket: Socket = connect(Number(port), hostname)
    let answer = ''
    const finish = (): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(answer)
    }
    const timer = setTimeout(finish, ms)
    socket.on('data', (bytes) => {
      answer += bytes.toString('latin1')
      if (until.test(answer)) finish()
    })
    socket.on('close', finish)
    socket.on('error', finish)
    socket.write(request)
  })
