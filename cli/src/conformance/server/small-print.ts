import { must, NotSeen, section, type Check } from '../check.js'
import { expectRefusal, expectStatus } from '../expect.js'
import type { Server } from './server.js'

export const smallPrint: Check<Server>[] = section(16, [
  {
    id: 'small-print.content-encoding',
    title: 'Content-Encoding on a request is 415',
    cause: 'A body parser that unpacks: 64 KiB become gigabytes, and other bytes than were signed.',
    async run(server) {
      for (const encoding of ['gzip', 'br', 'deflate', 'identity'])
        for (const path of server.posts)
          expectRefusal(
            await server.post(path, '{}', { 'Content-Encoding': encoding }),
            415,
            'UNSUPPORTED_MEDIA_TYPE',
            `${path} with Content-Encoding: ${encoding}`,
          )
    },
  },
  {
    id: 'small-print.headers',
    title: 'Headers over 16 KiB are refused, and headers of 12 KiB are not',
    cause: 'A limit that was raised, or the smaller one of a web server: shops have many cookies.',
    async run(server) {
      if (server.options.fetch) throw new NotSeen('it is the socket’s limit, and here is no socket')
      // No line is longer than what web servers take.
      const cookies = Object.fromEntries(
        Array.from({ length: 6 }, (_, at) => [`X-Padding-${at}`, 'x'.repeat(2_000)]),
      )
      expectStatus(await server.ask('/api/health', { headers: cookies }), 200, '12 KiB of headers')
      const headers = { 'X-Padding': 'x'.repeat(20_000) }
      for (const answer of [
        await server.ask('/api/health', { headers }),
        ...(await Promise.all(server.posts.map((path) => server.post(path, '{}', headers)))),
      ])
        must(
          answer.status === 431,
          `20,000 characters of headers to ${new URL(answer.request.url).pathname}: expected 431, got ${answer.status}`,
          answer,
        )
    },
  },
])
