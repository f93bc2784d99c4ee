import { proxyOptionLines, PROXY_PATH, scriptTag, tagManagerTag } from '@opsmantik/tracker/setup'

/** One way to put the tracker on a site. The console names it in the reader's language. */
export interface InstallText {
  id: 'tag' | 'manager' | 'wordpress' | 'init' | 'node' | 'fetch'
  /** To be pasted as it is; the secret is never in it. */
  code: string
}

/**
 * Returns what to paste, filled in with a site's values. The lines are those of `opsmantik init`, from the same source.
 *
 * @param server base URL of this server
 */
export const installTexts = (publicId: string, server: string): InstallText[] => {
  const script = `${server}/assets/core.proxy.js`
  const options = proxyOptionLines(publicId, server)
  return [
    { id: 'tag', code: scriptTag(publicId, script) },
    {
      id: 'wordpress',
      code: `Console URL: ${server}
Site id:     ${publicId}`,
    },
    { id: 'manager', code: tagManagerTag(publicId, script) },
    {
      id: 'init',
      code: `npx opsmantik init --site-id ${publicId} --console-url ${server} --secret-env OPS_SECRET`,
    },
    {
      id: 'node',
      code: `import { createNodeProxy } from '@opsmantik/tracker/proxy/node'

const proxy = createNodeProxy({
${options}
  // How many load balancers of your own append to X-Forwarded-For in front of this process.
  trustedHops: Number(process.env.OPS_TRUSTED_HOPS ?? 0),
})
app.all('${PROXY_PATH}', proxy)   // before every body parser: it signs bytes`,
    },
    {
      id: 'fetch',
      code: `import { createProxy } from '@opsmantik/tracker/proxy'

const proxy = createProxy({
${options}
})
export const POST = (request) => proxy(request)   // app${PROXY_PATH}/route.js`,
    },
  ]
}
