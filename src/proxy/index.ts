export { createProxy, type FirstPartyProxy } from './proxy.js'
export type { ProxyLog, ProxyLogEntry } from './log.js'
export type { ProxyOptions } from './options.js'
