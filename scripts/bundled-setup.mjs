import { fileURLToPath } from 'node:url'

const SETUP = '@opsmantik/tracker/setup'

/** @param {string} id */
export const isBundled = (id) => id === SETUP

/**
 * Puts src/setup, as `npm run build:tracker` has built it, into the server and into the command line: it is not in the
 * tracker's package, which sites install.
 *
 * @type {import('rollup').Plugin}
 */
export const bundledSetup = {
  name: 'bundled-setup',
  resolveId: (source) =>
    isBundled(source) ? fileURLToPath(new URL('../dist/setup.js', import.meta.url)) : null,
}
