import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rollup } from 'rollup'
import { installPeers, PEERS } from '../delivery/peers.mjs'

/**
 * @typedef {object} Subject
 * @property {string} script
 * @property {string} [attributes] of its script element
 * @property {boolean} [leaves] whether it counts links that lead elsewhere, not phone numbers
 */

/** @param {string} path */
const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const text = (/** @type {string} */ path) => readFileSync(here(path), 'utf8')

const EMBED = `data-ops-site-id="${'0123456789abcdef'.repeat(2)}" data-ops-proxy-url="/sent"`

/** As one classic script, so that all are loaded in the same way. @param {string} code @param {string} entry */
const classic = async (code, entry) => {
  const file = join(PEERS, 'node_modules', entry)
  const bundle = await rollup({
    input: 'start',
    plugins: [
      {
        name: 'start',
        resolveId: (id) => (id === 'start' ? id : id === 'peer' ? file : null),
        load: (id) => (id === 'start' ? code : null),
      },
    ],
  })
  const { output } = await bundle.generate({ format: 'iife', compact: true })
  return output[0].code
}

/**
 * Returns the scripts that are compared; `limit` is the least that a press can cost.
 *
 * @returns {Promise<Record<string, Subject>>}
 */
export async function createSubjects() {
  installPeers()
  return {
    nothing: { script: '' },
    limit: { script: text('limit.js') },
    'core.js': {
      script: text('../../dist/core.js'),
      attributes: `${EMBED} data-ops-sync-url="/sent"`,
    },
    ...(existsSync(here('../../dist/core.proxy.js')) && {
      'core.proxy.js': { script: text('../../dist/core.proxy.js'), attributes: EMBED },
    }),
    plausible: {
      script: await classic(
        `import { init } from 'peer'
        window.__plausible = true // else it ignores a browser that is driven
        init({ domain: 'shop.example', endpoint: '/sent', captureOnLocalhost: true, outboundLinks: true, formSubmissions: true })`,
        '@plausible-analytics/tracker/plausible.js',
      ),
      leaves: true,
    },
    'web-vitals': {
      script: await classic(
        `import { onCLS, onINP, onLCP } from 'peer'
        for (const on of [onCLS, onINP, onLCP]) on(() => {})`,
        'web-vitals/dist/web-vitals.js',
      ),
    },
  }
}
