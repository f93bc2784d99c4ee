import { serve } from '@hono/node-server'
import { getConnInfo } from '@hono/node-server/conninfo'
import { createProxy } from '@opsmantik/tracker/proxy'
import { Hono } from 'hono'

const proxy = createProxy({
  siteId: process.env.OPS_SITE_ID,
  secret: process.env.OPS_SECRET,
  consoleUrl: process.env.OPS_CONSOLE_URL,
  // Further domains whose pages may call, and load balancers of your own in front of this process.
  origins: process.env.OPS_ORIGINS,
  trustedHops: Number(process.env.OPS_TRUSTED_HOPS ?? 0),
  log: ({ outcome, status, took }) => console.log(`${status} ${outcome} ${took} ms`),
})

const app = new Hono()
app.all('/ops/call-event', (c) => proxy(c.req.raw, getConnInfo(c).remote.address))

serve({ fetch: app.fetch, port: Number(process.env.PORT ?? 3000), hostname: '127.0.0.1' })
