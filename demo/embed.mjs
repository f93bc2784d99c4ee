/** @typedef {'proxy' | 'signed' | 'noop'} Mode */

/** Path at which a shop in proxy mode receives its own visitors' events. */
export const PROXY_PATH = '/ops/call-event'

/** @type {Record<string, string>} */
const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** @param {string} text */
export const escapeHtml = (text) => text.replace(/[&<>"]/g, (letter) => ENTITIES[letter] ?? letter)

/**
 * Returns the script tag that a customer copies, one attribute a line.
 *
 * @param {{ mode: Mode, siteId: string, secret: string, consoleUrl: string, coreUrl: string }} site
 */
export function embed({ mode, siteId, secret, consoleUrl, coreUrl }) {
  const byMode = {
    // The proxy tells page views from presses by what is in them.
    proxy: { 'data-ops-proxy-url': PROXY_PATH, 'data-ops-sync-url': PROXY_PATH },
    signed: {
      'data-ops-secret': secret,
      'data-ops-console-url': consoleUrl,
      'data-ops-sync-url': `${consoleUrl}/api/sync`,
    },
    noop: {},
  }
  const attributes = Object.entries({ 'data-ops-site-id': siteId, ...byMode[mode] })
  const lines = attributes.map(([name, value]) => `  ${name}="${escapeHtml(value)}"`)
  const script = `<script defer src="${escapeHtml(coreUrl)}"`
  return [script, ...lines, '  data-ops-debug></script>'].join('\n')
}
