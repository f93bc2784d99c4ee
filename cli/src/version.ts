import { readFileSync } from 'node:fs'

/** The kit's version, as in the package's manifest, which is one folder up from `src` and from `dist`. */
export const VERSION: string = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
).version
