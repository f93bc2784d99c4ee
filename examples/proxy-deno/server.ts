import { createProxy } from '@opsmantik/tracker/proxy'

const proxy = createProxy({
  siteId: Deno.env.get('OPS_SITE_ID'),
  secret: Deno.env.get('OPS_SECRET'),
  consoleUrl: Deno.env.get('OPS_CONSOLE_URL') ?? 'http://127.0.0.1:8787',
  // Further domains whose pages may call, and load balancers of your own in front of this process.
  origins: Deno.env.get('OPS_ORIGINS'),
  trustedHops: Number(Deno.env.get('OPS_TRUSTED_HOPS') ?? 0),
})

Deno.serve(
  { port: Number(Deno.env.get('PORT') ?? 3000), hostname: '127.0.0.1' },
  (request, { remoteAddr }) =>
    new URL(request.url).pathname === '/ops/call-event'
      ? proxy(request, remoteAddr.hostname)
      : new Response('No such page', { status: 404 }),
)
