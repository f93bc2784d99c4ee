import type { Draft } from '../draft.js'
import { putDependency } from '../dependency.js'
import { findEntry } from '../entry.js'
import { putSecret } from '../environment.js'
import { nodeProxyFile } from '../node-proxy-file.js'
import { afterAssignment, importLine, inOrder } from '../places.js'
import type { Answers } from '../plan.js'
import { PROXY_PATH, putTags, SCRIPT_PATH } from '../tag.js'

const CALL = 'express'
const FOLDERS = ['public', 'views', 'static']

/** Plans the proxy as the first handler, before every body parser, because it signs bytes. */
export const express = (draft: Draft, answers: Answers): void => {
  const { project } = draft
  const entry = findEntry(project, (text) => afterAssignment(text, CALL) !== undefined)
  const dialect = entry ?? { isTypeScript: false, isModule: project.manifest.type === 'module' }
  const file = `${entry?.folder ?? ''}opsmantik${entry?.end ?? '.js'}`
  const usesImport = dialect.isModule || dialect.isTypeScript
  const types = dialect.isTypeScript
  const from = `./opsmantik${types ? '.js' : (entry?.end ?? '.js')}`
  putDependency(draft, answers)
  draft.create(
    file,
    `${types ? "import type { IncomingMessage, ServerResponse } from 'node:http'\n" : ''}${nodeProxyFile(answers, dialect)}
const handlers = {
  proxy,
  script: (_request${types ? ': IncomingMessage' : ''}, response${types ? ': ServerResponse' : ''}) => {
    response.setHeader('Content-Type', 'text/javascript; charset=utf-8')
    response.setHeader('Cache-Control', 'public, max-age=3600')
    response.end(script)
  },
}
${usesImport ? 'export const opsmantik = handlers' : 'module.exports = handlers'}
`,
  )
  const lines = (app: string, handlers: string): string =>
    `${app}.all('${PROXY_PATH}', ${handlers}.proxy)\n${app}.get('${SCRIPT_PATH}', ${handlers}.script)\n`
  const imported = `import { opsmantik } from '${from}'`
  const byHand = `Mount the proxy before every body parser:\n    ${imported}\n    ${lines('app', 'opsmantik').replace('\n', '\n    ')}`
  if (!entry) draft.byHand(byHand)
  else
    draft.insert(
      entry.path,
      (text) => {
        const { at, name } = afterAssignment(text, CALL)!
        if (!usesImport) return [{ at, text: lines(name, `require('${from}')`) }]
        return inOrder(importLine(text, imported), { at, text: lines(name, 'opsmantik') })
      },
      byHand,
    )
  putTags(draft, answers, FOLDERS, SCRIPT_PATH)
  putSecret(draft, answers, '.env')
}
