import { createNodeProxy } from '@opsmantik/tracker/proxy/node'
import Fastify from 'fastify'

const proxy = createNodeProxy({
  siteId: process.env.OPS_SITE_ID,
  secret: process.env.OPS_SECRET,
  consoleUrl: process.env.OPS_CONSOLE_URL,
  // Further domains whose pages may call, and load balancers of your own in front of this process.
  origins: process.env.OPS_ORIGINS,
  trustedHops: Number(process.env.OPS_TRUSTED_HOPS ?? 0),
  log: ({ outcome, status, took }) => console.log(`${status} ${outcome} ${took} ms`),
})

const fastify = Fastify()
// A scope of its own, in which nobody reads the body: what is signed is the bytes that came in.
fastify.register(async (scope) => {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('*', (request, payload, done) => done(null))
  scope.all('/ops/call-event', async (request, reply) => {
    reply.hijack()
    await proxy(request.raw, reply.raw)
  })
})

await fastify.listen({ port: Number(process.env.PORT ?? 3000), host: '127.0.0.1' })
