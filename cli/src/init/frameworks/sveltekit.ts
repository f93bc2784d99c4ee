import type { Draft } from '../draft.js'
import { putDependency } from '../dependency.js'
import { putSecret } from '../environment.js'
import { NOTE } from '../node-proxy-file.js'
import { importLine } from '../places.js'
import type { Answers } from '../plan.js'
import { PROXY_PATH } from '../tag.js'

/** Plans a server route, and the tracker in the client's hooks, which run once when the application starts. */
export const sveltekit = (draft: Draft, answers: Answers): void => {
  const { project } = draft
  const types = project.has('tsconfig.json')
  const end = types ? 'ts' : 'js'
  putDependency(draft, answers)
  draft.create(
    `src/routes/ops/call-event/+server.${end}`,
    `${NOTE}
import { env } from '$env/dynamic/private'
import { createProxy } from '@opsmantik/tracker/proxy'
${types ? "import type { RequestHandler } from './$types'\n" : ''}
export const POST${types ? ': RequestHandler' : ''} = ({ request, getClientAddress }) =>
  createProxy({
    siteId: '${answers.siteId}',
    secret: env.OPS_SECRET,
    consoleUrl: env.OPS_CONSOLE_URL ?? '${answers.consoleUrl}',
  })(request, getClientAddress())
`,
  )
  draft.create(
    `src/lib/opsmantik.${end}`,
    `import { createTracker } from '@opsmantik/tracker'

export const tracker = createTracker({ siteId: '${answers.siteId}', proxyUrl: '${PROXY_PATH}' })
`,
  )
  const hooks = project.first('src/hooks.client.ts', 'src/hooks.client.js')
  const imported = `import '$lib/opsmantik'`
  if (hooks === undefined) draft.create(`src/hooks.client.${end}`, `${imported}\n`)
  else draft.insert(hooks, (text) => [importLine(text, imported)], '')
  putSecret(draft, answers, '.env')
}
