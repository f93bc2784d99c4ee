import type { parseArgs } from 'node:util'

/** The options of `opsmantik conformance`, as `parseArgs` of Node.js reads them. */
export const OPTIONS = {
  'site-id': { type: 'string' },
  'secret-env': { type: 'string' },
  'next-secret-env': { type: 'string' },
  'other-site-id': { type: 'string' },
  'other-secret-env': { type: 'string' },
  'trusted-proxy-hops': { type: 'string' },
  'live-token-env': { type: 'string' },
  'site-token-env': { type: 'string' },
  'restart-command': { type: 'string' },
  'read-command': { type: 'string' },
  wait: { type: 'string' },
  profile: { type: 'string', multiple: true },
  require: { type: 'string', multiple: true },
  output: { type: 'string', multiple: true },
  'peer-url': { type: 'string' },
  origin: { type: 'string' },
  'sync-url': { type: 'string' },
  'further-origin': { type: 'string' },
  'listen-port': { type: 'string' },
  'listen-host': { type: 'string' },
  command: { type: 'string' },
  script: { type: 'string' },
  mode: { type: 'string' },
  slow: { type: 'boolean' },
  yes: { type: 'boolean' },
  json: { type: 'boolean' },
  junit: { type: 'boolean' },
  tap: { type: 'boolean' },
  markdown: { type: 'boolean' },
  only: { type: 'string', multiple: true },
  skip: { type: 'string', multiple: true },
  baseline: { type: 'string' },
  list: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

/** The options of one run. */
export type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values']
