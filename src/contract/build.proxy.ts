/** Selects what `dist/core.proxy.js` contains: proxy mode, without signing and without page views. */
export const SIGNED = false as boolean
export const VIEWS = false as boolean
