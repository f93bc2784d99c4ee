/**
 * Selects what the build contains. `rollup.config.mjs` replaces this file with build.proxy.ts for `dist/core.proxy.js`;
 * the minifier then removes unreachable code.
 */
export const SIGNED = true as boolean
export const VIEWS = true as boolean
