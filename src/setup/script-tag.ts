/** The path at which a proxy is mounted unless its owner chooses another. */
export const PROXY_PATH = '/ops/call-event'

/** Returns the script tag of a site, in one line. */
export const scriptTag = (siteId: string, src: string, proxyUrl = PROXY_PATH): string =>
  `<script async src="${src}" data-ops-site-id="${siteId}" data-ops-proxy-url="${proxyUrl}"></script>`

/** Returns the tag for Google Tag Manager, which takes `data-*` attributes off a script tag: this one sets them itself. */
export const tagManagerTag = (siteId: string, src: string, proxyUrl = PROXY_PATH): string =>
  `<script>
  ;(function () {
    var script = document.createElement('script')
    script.async = true
    script.src = '${src}'
    script.setAttribute('data-ops-site-id', '${siteId}')
    script.setAttribute('data-ops-proxy-url', '${proxyUrl}')
    document.head.appendChild(script)
  })()
</script>`

/** Returns the options of `createProxy`, as lines of an object literal. */
export const proxyOptionLines = (
  siteId: string,
  serverUrl: string,
): string => `  siteId: '${siteId}',
  secret: process.env.OPS_SECRET,
  consoleUrl: process.env.OPS_CONSOLE_URL ?? '${serverUrl}',`
