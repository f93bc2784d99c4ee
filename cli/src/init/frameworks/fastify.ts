import type { Draft } from '../draft.js'
import { putDependency } from '../dependency.js'
import { findEntry } from '../entry.js'
import { putSecret } from '../environment.js'
import { nodeProxyFile, type Dialect } from '../node-proxy-file.js'
import { afterAssignment, importLine, inOrder } from '../places.js'
import type { Answers } from '../plan.js'
import { PROXY_PATH, putTags, SCRIPT_PATH } from '../tag.js'

const CALL = `[Ff]astify|require\\(['"]fastify['"]\\)`
const FOLDERS = ['public', 'views', 'static']

/** Returns a plugin: a scope of its own in which nobody reads the body, because the proxy signs bytes. */
const pluginOf = (
  answers: Answers,
  dialect: Dialect,
  paths: [string, string],
  head: string,
): string => {
  const type = dialect.isTypeScript ? ': FastifyInstance' : ''
  return `${dialect.isTypeScript ? "import type { FastifyInstance } from 'fastify'\n" : ''}${nodeProxyFile(answers, dialect)}
// A scope of its own, in which nobody reads the body: what is signed is the bytes that came in.
${head}async (scope${type}) => {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('*', (_request, _payload, done) => done(null))
  scope.all('${paths[0]}', async (request, reply) => {
    reply.hijack()
    await proxy(request.raw, reply.raw)
  })
  scope.get('${paths[1]}', async (_request, reply) =>
    reply
      .type('text/javascript; charset=utf-8')
      .header('Cache-Control', 'public, max-age=3600')
      .send(script),
  )
}
`
}

/** Plans the proxy as a plugin: a folder of routes if the project loads those by itself, otherwise a registration. */
export const fastify = (draft: Draft, answers: Answers): void => {
  const { project } = draft
  putDependency(draft, answers)
  const routes = project.first('routes/root.js', 'src/routes/root.ts', 'routes/root.ts')
  if (project.dependsOn('@fastify/autoload') && routes !== undefined) {
    const isTypeScript = routes.endsWith('.ts')
    const dialect = { isTypeScript, isModule: project.manifest.type === 'module' }
    const head = isTypeScript || dialect.isModule ? 'export default ' : 'module.exports = '
    const path = routes.replace(/root\.(\w+)$/, 'ops/index.$1')
    draft.create(path, pluginOf(answers, dialect, ['/call-event', '/core.js'], head))
  } else {
    const entry = findEntry(project, (text) => afterAssignment(text, CALL) !== undefined)
    const dialect = entry ?? { isTypeScript: false, isModule: project.manifest.type === 'module' }
    const usesImport = dialect.isModule || dialect.isTypeScript
    const end = entry?.end ?? '.js'
    const head = usesImport ? 'export const opsmantik = ' : 'module.exports = '
    const plugin = pluginOf(answers, dialect, [PROXY_PATH, SCRIPT_PATH], head)
    draft.create(`${entry?.folder ?? ''}opsmantik${end}`, plugin)
    const from = `./opsmantik${dialect.isTypeScript ? '.js' : end}`
    const imported = `import { opsmantik } from '${from}'`
    const byHand = `Register the plugin:\n    ${imported}\n    fastify.register(opsmantik)`
    if (!entry) draft.byHand(byHand)
    else
      draft.insert(
        entry.path,
        (text) => {
          const { at, name } = afterAssignment(text, CALL)!
          if (!usesImport) return [{ at, text: `${name}.register(require('${from}'))\n` }]
          return inOrder(importLine(text, imported), { at, text: `${name}.register(opsmantik)\n` })
        },
        byHand,
      )
  }
  putTags(draft, answers, FOLDERS, SCRIPT_PATH)
  putSecret(draft, answers, '.env')
}
