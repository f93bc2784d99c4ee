import type { lookup as dnsLookup } from 'node:dns'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { createReadOnce } from './node-read-once.js'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})
const serve = async (listener: RequestListener): Promise<string> => {
  const server = createServer(listener)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}
const get = (url: string) => ({ method: 'GET' as const, url })

it.each([
  'http://127.0.0.1/',
  'http://localhost/',
  'https://192.168.0.1/',
  'http://[::1]/',
  'http://169.254.169.254/latest/meta-data/',
])('%s is private, and nothing is sent there', async (url) => {
  expect(await createReadOnce({ allowsPrivate: false })(get(url))).toEqual({
    problem: 'private address',
  })
})

it('a name that leads to a private address is refused when connecting, and another port at once', async () => {
  let asked = 0
  const url = await serve((_, response) => void (asked++, response.end()))
  const lookup = ((_: string, __: object, done: (...answer: unknown[]) => void) =>
    done(null, [{ address: '127.0.0.1', family: 4 }])) as unknown as typeof dnsLookup
  const readOnce = createReadOnce({ allowsPrivate: false, lookup })
  expect(await readOnce(get('http://rebound.example/'))).toEqual({
    problem: 'the name leads to a private address',
  })
  expect(await readOnce(get(`http://shop.example:${new URL(url).port}/`))).toEqual({
    problem: 'not the default port',
  })
  expect(asked).toBe(0)
})

it('a redirect is not followed, a long page is cut, and a slow one is given up', async () => {
  const readOnce = createReadOnce({ allowsPrivate: true, timeoutMs: 300 })
  let asked = 0
  const redirecting = await serve((_, response) => {
    asked++
    response.writeHead(302, { Location: '/elsewhere' }).end()
  })
  expect(await readOnce(get(redirecting))).toMatchObject({ status: 302 })
  expect(asked).toBe(1)
  const endless = await serve((_, response) => {
    const write = (): void => {
      while (response.write('x'.repeat(65_536)));
    }
    response.on('drain', write)
    write()
  })
  const cut = await createReadOnce({ allowsPrivate: true })(get(endless))
  expect('text' in cut && cut.text.length).toBe(1_048_576)
  const silent = await serve(() => {})
  expect(await readOnce(get(silent))).toEqual({ problem: 'no answer within 0.3 s' })
})
