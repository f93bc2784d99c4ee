import manifest from '../package.json' with { type: 'json' }

/** The server's version, as in its package.json. */
export const VERSION: string = manifest.version
