import { createProxy } from '@opsmantik/tracker/proxy'

const header = process.env.OPS_ADDRESS_HEADER
const proxy = createProxy({
  siteId: process.env.OPS_SITE_ID,
  secret: process.env.OPS_SECRET,
  consoleUrl: process.env.OPS_CONSOLE_URL ?? 'http://127.0.0.1:8787',
  // Further domains whose pages may call.
  origins: process.env.OPS_ORIGINS,
  // Only a header that your platform overwrites: `x-real-ip` on Vercel, and behind nginx with
  // `proxy_set_header X-Real-IP $remote_addr`. Without one, visitors could choose their address.
  clientAddress: (request) => (header ? request.headers.get(header) : null),
})

export const POST = (request) => proxy(request)
// Preflights of the further domains.
export const OPTIONS = POST
