import type { Draft } from '../draft.js'
import { putDependency } from '../dependency.js'
import { putSecret } from '../environment.js'
import { NOTE } from '../node-proxy-file.js'
import { importLine, inOrder } from '../places.js'
import type { Answers } from '../plan.js'
import { PROXY_PATH, putTags } from '../tag.js'

const FETCH = /\bfetch\s*\(\s*(\w+)[^,()]*,\s*(\w+)[^()]*\)[^{]*\{[ \t]*\n([ \t]*)/

/** Plans the proxy as the first lines of the Worker's fetch handler. */
export const workers = (draft: Draft, answers: Answers): void => {
  const { project } = draft
  const entry = project.first('src/index.ts', 'src/index.js', 'src/worker.ts', 'src/worker.js')
  const types = entry === undefined ? project.has('tsconfig.json') : entry.endsWith('.ts')
  putDependency(draft, answers)
  draft.create(
    `src/opsmantik.${types ? 'ts' : 'js'}`,
    `${NOTE}
import { createProxy } from '@opsmantik/tracker/proxy'

/** Returns the proxy's response, or undefined for a request that is for something else. */
export const opsmantik = (request${types ? ': Request' : ''}, env${types ? ': object' : ''}) => {
  if (new URL(request.url).pathname !== '${PROXY_PATH}') return undefined
  const { OPS_SECRET, OPS_CONSOLE_URL } = env${types ? ' as { OPS_SECRET?: string; OPS_CONSOLE_URL?: string }' : ''}
  return createProxy({
    siteId: '${answers.siteId}',
    secret: OPS_SECRET,
    consoleUrl: OPS_CONSOLE_URL ?? '${answers.consoleUrl}',
    // Cloudflare overwrites it, whatever a visitor sends.
    clientAddress: ({ headers }) => headers.get('cf-connecting-ip'),
  })(request)
}
`,
  )
  const imported = `import { opsmantik } from './opsmantik'`
  const byHand = `Begin the Worker's fetch handler with:\n    ${imported}\n    const answer = opsmantik(request, env)\n    if (answer) return answer`
  if (entry === undefined) draft.byHand(byHand)
  else
    draft.insert(
      entry,
      (text) => {
        const found = FETCH.exec(text)
        if (!found) return undefined
        const [all, request, env, indent] = found
        const line = `const answer = opsmantik(${request}, ${env})\n${indent}if (answer) return answer\n${indent}`
        const handler = { at: found.index + all.length, text: line }
        return inOrder(importLine(text, imported), handler)
      },
      byHand,
    )
  putTags(draft, answers, ['public', 'static'], `${answers.consoleUrl}/assets/core.proxy.js`)
  putSecret(draft, answers, '.dev.vars')
  draft.byHand('For what is deployed: npx wrangler secret put OPS_SECRET')
}
