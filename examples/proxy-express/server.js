import { createNodeProxy } from '@opsmantik/tracker/proxy/node'
import express from 'express'

const proxy = createNodeProxy({
  siteId: process.env.OPS_SITE_ID,
  secret: process.env.OPS_SECRET,
  consoleUrl: process.env.OPS_CONSOLE_URL,
  // Further domains whose pages may call, and load balancers of your own in front of this process.
  origins: process.env.OPS_ORIGINS,
  trustedHops: Number(process.env.OPS_TRUSTED_HOPS ?? 0),
  log: ({ outcome, status, took }) => console.log(`${status} ${outcome} ${took} ms`),
})

const app = express()
// Before every body parser: what is signed is the bytes that came in.
app.all('/ops/call-event', proxy)
app.use(express.json())

app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1')
