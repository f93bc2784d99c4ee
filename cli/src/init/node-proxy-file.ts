import { proxyOptionLines } from '@opsmantik/tracker/setup'
import type { Answers } from './plan.js'

/** The dialect that a file is written in. */
export interface Dialect {
  readonly isTypeScript: boolean
  /** Whether the file runs as an ECMAScript module; TypeScript is always written with `import`. */
  readonly isModule: boolean
}

export const NOTE = `// Written by \`opsmantik init\`, and yours from here on. It signs what the pages send; the secret stays on the server.`

/** Returns the options that every proxy has, as lines of an object literal. */
export const optionLines = ({ siteId, consoleUrl }: Answers): string =>
  proxyOptionLines(siteId, consoleUrl)

const importLine = ({ isTypeScript, isModule }: Dialect, names: string, from: string): string =>
  isTypeScript || isModule
    ? `import { ${names} } from '${from}'`
    : `const { ${names} } = require('${from}')`

const resolved = ({ isModule }: Dialect): string =>
  isModule
    ? `fileURLToPath(import.meta.resolve('@opsmantik/tracker/core.proxy.js'))`
    : `require.resolve('@opsmantik/tracker/core.proxy.js')`

/**
 * Returns the head of a file for Node: the proxy as `proxy`, the tracker's script as `script`. What mounts the two
 * follows it.
 */
export const nodeProxyFile = (answers: Answers, dialect: Dialect): string => `${NOTE}
${importLine(dialect, 'existsSync, readFileSync', 'node:fs')}
${dialect.isModule ? `import { fileURLToPath } from 'node:url'\n` : ''}${importLine(dialect, 'createNodeProxy', '@opsmantik/tracker/proxy/node')}

if (existsSync('.env')) process.loadEnvFile('.env')

const proxy = createNodeProxy({
${optionLines(answers)}
  // How many load balancers of your own append to X-Forwarded-For in front of this process.
  trustedHops: Number(process.env.OPS_TRUSTED_HOPS ?? 0),
})
const script = readFileSync(${resolved(dialect)})
`
