import type { Draft } from '../draft.js'
import { putDependency } from '../dependency.js'
import { putSecret } from '../environment.js'
import { NOTE } from '../node-proxy-file.js'
import { inOrder, lineBefore } from '../places.js'
import type { Answers, Insertion } from '../plan.js'
import { PROXY_PATH } from '../tag.js'

const hasHead = (text: string): boolean => text.includes('</head>')

const inPage = (text: string, from: string): Insertion[] => {
  const line = `import Opsmantik from '${from}'\n`
  const fence = /^\s*---[ \t]*\n/.exec(text)
  const imported = fence
    ? { at: fence[0].length, text: line }
    : { at: 0, text: `---\n${line}---\n` }
  return inOrder(imported, lineBefore(text, text.indexOf('</head>'), '<Opsmantik />', '  '))
}

/** Plans an endpoint that is rendered on demand, and a component in every layout or page that has a head. */
export const astro = (draft: Draft, answers: Answers): void => {
  const { project } = draft
  putDependency(draft, answers)
  draft.create(
    'src/pages/ops/call-event.ts',
    `${NOTE}
import { getSecret } from 'astro:env/server'
import type { APIRoute } from 'astro'
import { createProxy } from '@opsmantik/tracker/proxy'

export const prerender = false

export const POST: APIRoute = ({ request, clientAddress }) =>
  createProxy({
    siteId: '${answers.siteId}',
    secret: getSecret('OPS_SECRET'),
    consoleUrl: getSecret('OPS_CONSOLE_URL') ?? '${answers.consoleUrl}',
  })(request, clientAddress)
`,
  )
  draft.create(
    'src/components/Opsmantik.astro',
    `<script>
  import { createTracker } from '@opsmantik/tracker'

  createTracker({ siteId: '${answers.siteId}', proxyUrl: '${PROXY_PATH}' })
</script>
`,
  )
  const layouts = project.files('src/layouts', /\.astro$/)
  const pages = project.files('src/pages', /\.astro$/)
  const found = [...layouts, ...pages].filter((path) => hasHead(project.read(path)))
  for (const path of found) {
    const from = `${'../'.repeat(path.split('/').length - 2)}components/Opsmantik.astro`
    draft.insert(path, (text) => inPage(text, from), '')
  }
  if (found.length === 0)
    draft.byHand(
      "Put the component into your layout's head: <Opsmantik /> from src/components/Opsmantik.astro",
    )
  putSecret(draft, answers, '.env')
  const config = project.first(...['mjs', 'ts', 'js', 'mts'].map((end) => `astro.config.${end}`))
  if (config === undefined || !/\badapter\s*:/.test(project.read(config)))
    draft.byHand(
      'A site of static files alone cannot sign. `npx astro add node` (or vercel, netlify, cloudflare) adds what serves the endpoint; `astro dev` works without.',
    )
}
