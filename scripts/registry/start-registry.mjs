import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { basename } from 'node:path'

/** @typedef {{ manifest: { name: string, version: string }, tarball: string }} Packed */

/**
 * Returns what a registry says about a package that has one version.
 *
 * @param {Packed} packed
 * @param {string} url of the registry
 */
const packumentOf = ({ manifest, tarball }, url) => {
  const bytes = readFileSync(tarball)
  const { name, version } = manifest
  const dist = {
    tarball: `${url}/-/${basename(tarball)}`,
    shasum: createHash('sha1').update(bytes).digest('hex'),
    integrity: `sha512-${createHash('sha512').update(bytes).digest('base64')}`,
  }
  return {
    name,
    'dist-tags': { latest: version },
    versions: { [version]: { ...manifest, dist } },
  }
}

/**
 * Starts a registry on this machine that has the packed packages, and sends npm to the real one for every other
 * package. With it, `npm install` and `npx` do before a release what they will do after it.
 *
 * @param {{ packed: Packed[], port: number, upstream: string }} options
 * @returns {Promise<{ url: string, close: () => Promise<void> }>}
 */
export const startRegistry = async ({ packed, port, upstream }) => {
  let url = ''
  const server = createServer((request, response) => {
    const path = decodeURIComponent((request.url ?? '/').split('?', 1)[0] ?? '/').slice(1)
    const file = packed.find(({ tarball }) => path === `-/${basename(tarball)}`)
    const named = packed.find(({ manifest }) => path === manifest.name)
    if (file) response.end(readFileSync(file.tarball))
    else if (named) {
      response.setHeader('Content-Type', 'application/json')
      response.end(JSON.stringify(packumentOf(named, url)))
    } else {
      const elsewhere = `${upstream.replace(/\/$/, '')}${request.url}`
      response.writeHead(307, { Location: elsewhere }).end()
    }
  }).listen(port, '127.0.0.1')
  await new Promise((resolve, reject) => server.once('listening', resolve).once('error', reject))
  const address = server.address()
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : port}`
  return {
    url,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
