import { createProxy } from '@opsmantik/tracker/proxy'

const proxy = createProxy({
  siteId: process.env.OPS_SITE_ID,
  secret: process.env.OPS_SECRET,
  consoleUrl: process.env.OPS_CONSOLE_URL ?? 'http://127.0.0.1:8787',
  // Further domains whose pages may call, and load balancers of your own in front of this process.
  origins: process.env.OPS_ORIGINS,
  trustedHops: Number(process.env.OPS_TRUSTED_HOPS ?? 0),
})

Bun.serve({
  port: Number(process.env.PORT ?? 3000),
  hostname: '127.0.0.1',
  routes: {
    '/ops/call-event': (request, server) => proxy(request, server.requestIP(request)?.address),
  },
})
