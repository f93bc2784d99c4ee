import type { Draft } from '../draft.js'
import { putDependency } from '../dependency.js'
import { findEntry } from '../entry.js'
import { putSecret } from '../environment.js'
import { NOTE, optionLines } from '../node-proxy-file.js'
import { afterAssignment, importLine, inOrder } from '../places.js'
import type { Answers } from '../plan.js'
import { PROXY_PATH, putTags, SCRIPT_PATH } from '../tag.js'

const CALL = 'new Hono'

const onNode = (answers: Answers, types: boolean): string => `${NOTE}
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { getConnInfo } from '@hono/node-server/conninfo'
import { createProxy } from '@opsmantik/tracker/proxy'
${types ? "import type { Context } from 'hono'\n" : ''}
if (existsSync('.env')) process.loadEnvFile('.env')

const proxy = createProxy({
${optionLines(answers)}
  // How many load balancers of your own append to X-Forwarded-For in front of this process.
  trustedHops: Number(process.env.OPS_TRUSTED_HOPS ?? 0),
})
const script = readFileSync(
  fileURLToPath(import.meta.resolve('@opsmantik/tracker/core.proxy.js')),
  'utf8',
)

export const opsmantik = {
  proxy: (c${types ? ': Context' : ''}) => proxy(c.req.raw, getConnInfo(c).remote.address),
  script: (c${types ? ': Context' : ''}) => c.body(script, 200, { 'Content-Type': 'text/javascript; charset=utf-8' }),
}
`

const onWorkers = ({ siteId, consoleUrl }: Answers, types: boolean): string => `${NOTE}
import { createProxy } from '@opsmantik/tracker/proxy'
${types ? "import type { Context } from 'hono'\n" : ''}
export const opsmantik = {
  proxy: (c${types ? ': Context<any>' : ''}) =>
    createProxy({
      siteId: '${siteId}',
      secret: c.env.OPS_SECRET,
      consoleUrl: c.env.OPS_CONSOLE_URL ?? '${consoleUrl}',
      // Cloudflare overwrites it, whatever a visitor sends.
      clientAddress: ({ headers }) => headers.get('cf-connecting-ip'),
    })(c.req.raw),
}
`

/** Plans the proxy as a route, for Node or for Workers. */
export const hono = (draft: Draft, answers: Answers): void => {
  const { project } = draft
  const entry = findEntry(project, (text) => afterAssignment(text, CALL) !== undefined)
  const types = entry?.isTypeScript ?? false
  const end = entry?.end ?? '.js'
  const isWorker = project.dependsOn('wrangler')
  putDependency(draft, answers)
  draft.create(
    `${entry?.folder ?? ''}opsmantik${end}`,
    isWorker ? onWorkers(answers, types) : onNode(answers, types),
  )
  const imported = `import { opsmantik } from './opsmantik${types ? '.js' : end}'`
  const routes = (app: string): string =>
    `${app}.all('${PROXY_PATH}', opsmantik.proxy)\n${isWorker ? '' : `${app}.get('${SCRIPT_PATH}', opsmantik.script)\n`}`
  const byHand = `Mount the proxy:\n    ${imported}\n    ${routes('app').trimEnd().replace('\n', '\n    ')}`
  if (!entry) draft.byHand(byHand)
  else
    draft.insert(
      entry.path,
      (text) => {
        const { at, name } = afterAssignment(text, CALL)!
        return inOrder(importLine(text, imported), { at, text: routes(name) })
      },
      byHand,
    )
  const src = isWorker ? `${answers.consoleUrl}/assets/core.proxy.js` : SCRIPT_PATH
  putTags(draft, answers, ['public', 'static', 'views'], src)
  putSecret(draft, answers, isWorker ? '.dev.vars' : '.env')
  if (isWorker) draft.byHand('For what is deployed: npx wrangler secret put OPS_SECRET')
}
