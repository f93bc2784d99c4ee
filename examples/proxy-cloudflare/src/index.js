import { createProxy } from '@opsmantik/tracker/proxy'

export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url)
    // Everything else goes on to the site that this Worker's route lies before.
    if (pathname !== '/ops/call-event') return fetch(request)
    const proxy = createProxy({
      siteId: env.OPS_SITE_ID,
      secret: env.OPS_SECRET,
      consoleUrl: env.OPS_CONSOLE_URL,
      // Further domains whose pages may call.
      origins: env.OPS_ORIGINS,
      // Cloudflare overwrites it, whatever a visitor sends.
      clientAddress: ({ headers }) => headers.get('cf-connecting-ip'),
    })
    return proxy(request)
  },
}
