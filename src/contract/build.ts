/**
 * What the build contains. `rollup.config.mjs` puts build.proxy.ts in the place of this file for `dist/core.proxy.js`;
 * the minifier then removes what is never reached.
 */
export const SIGNED = true as boolean
export const VIEWS = true as boolean
