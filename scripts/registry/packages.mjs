import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

/**
 * Returns the four packages with their manifests and the tarballs that `npm pack` makes of them in a folder.
 *
 * @param {string} folder
 */
export const packagesIn = (folder) =>
  ['.', 'server-reference', 'testing', 'cli'].map((path) => {
    const manifest = JSON.parse(readFileSync(join(root, path, 'package.json'), 'utf8'))
    const name = manifest.name.replace('@', '').replace('/', '-')
    return { manifest, tarball: join(folder, `${name}-${manifest.version}.tgz`) }
  })
