import { createProxy } from '@opsmantik/tracker/proxy'

const proxy = createProxy({
  siteId: '0123456789abcdef0123456789abcdef',
  secret: process.env.OPS_SECRET,
  consoleUrl: process.env.OPS_CONSOLE_URL ?? 'http://127.0.0.1:8787',
  // Vercel writes it, and so does your nginx with `proxy_set_header X-Real-IP $remote_addr`.
  clientAddress: (request) => request.headers.get('x-real-ip'),
})

export const dynamic = 'force-dynamic'
export const POST = (request: Request) => proxy(request)
