export { judgeRun, readBaseline, exitCode, type Judgement } from './baseline.js'
export { Limited, Nonconformance, NotSeen, type Check, type Level } from './check.js'
export { clientChecks } from './client/checks.js'
export type { Client, ClientReply, Script, Try } from './client/client.js'
export type { Converse } from '../probe/converse.js'
export { curl } from '../probe/curl.js'
export type { Exchange, OutgoingRequest } from '../probe/exchange.js'
export { proxyChecks } from './proxy/checks.js'
export {
  openProxy,
  type Forwarded,
  type PlayedConsole,
  type ProxyTarget,
  type ProxyCheckOptions,
  type PlayedReply,
} from './proxy/proxy.js'
export { formatBadge } from './report/badge.js'
export { formatHtml } from './report/html.js'
export { formatMarkdown } from './report/markdown.js'
export type { RunMeta } from './report/meta.js'
export { formatObstacle } from './report/obstacle.js'
export { formatJson, formatJunit, formatTap } from './report/machine.js'
export { formatText, type TextOptions } from './report/text.js'
export {
  parseProfiles,
  PROFILES,
  profileOf,
  reportProfiles,
  unmet,
  verdictSentence,
  type Profile,
  type ProfileReport,
  type ProfileVerdict,
} from './profiles.js'
export { runChecks, type Result, type RunOptions, type CheckVerdict } from './run.js'
export { findObstacle, type Obstacle, type ObstacleCode } from './server/find-obstacle.js'
export { serverChecks } from './server/index.js'
export {
  openServer,
  type Server,
  type ServerOptions,
  type Signed,
  type Traces,
} from './server/server.js'
export type { Connect, Connection } from '../probe/websocket.js'
