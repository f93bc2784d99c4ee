import { must, NotSeen, section, type Check } from '../check.js'
import { expectRefusal } from '../expect.js'
import type { Server } from './server.js'

export const smallPrint: Check<Server>[] = section(16, [
  {
    id: 'small-print.content-encoding',
    title: 'Content-Encoding on a request is 415',
    cause: 'A body parser that unpacks: 64 KiB become gigabytes, and other bytes than were signed.',
    async run(server) {
      for (const encoding of ['gzip', 'br', 'deflate'])
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
    title: 'Headers over 16 KiB are refused',
    cause: 'A limit that was raised.',
    async run(server) {
      if (server.options.fetch) throw new NotSeen('it is the socket’s limit, and here is no socket')
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
