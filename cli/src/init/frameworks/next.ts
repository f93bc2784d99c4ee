import type { Draft } from '../draft.js'
import { putDependency } from '../dependency.js'
import { putSecret } from '../environment.js'
import { NOTE, optionLines } from '../node-proxy-file.js'
import { importLine, inOrder, lineBefore } from '../places.js'
import type { Answers } from '../plan.js'
import { reactComponent } from '../react-component.js'

const ADDRESS = `  // Only a header that your platform overwrites: x-real-ip on Vercel. Without one, visitors could choose their address.
  clientAddress: ({ headers }) => (process.env.VERCEL ? headers.get('x-real-ip') : null),`

const appRouter = (draft: Draft, answers: Answers, app: string, types: boolean): void => {
  draft.create(
    `${app}/ops/call-event/route.${types ? 'ts' : 'js'}`,
    `${NOTE}
import { createProxy } from '@opsmantik/tracker/proxy'

const proxy = createProxy({
${optionLines(answers)}
${ADDRESS}
})

export const POST = (request${types ? ': Request' : ''}) => proxy(request)
`,
  )
  draft.create(
    `${app}/opsmantik.${types ? 'tsx' : 'jsx'}`,
    `'use client'\n\n${reactComponent(answers)}`,
  )
  const layout = draft.project.first(...['tsx', 'jsx', 'js'].map((end) => `${app}/layout.${end}`))
  const imported = `import { Opsmantik } from './opsmantik'`
  const byHand = `Put the component into the root layout, before </body>:\n    ${imported}\n    <Opsmantik />`
  if (layout === undefined) draft.byHand(byHand)
  else
    draft.insert(
      layout,
      (text) => {
        const body = text.lastIndexOf('</body>')
        if (body < 0) return undefined
        return inOrder(importLine(text, imported), lineBefore(text, body, '<Opsmantik />', '  '))
      },
      byHand,
    )
}

const pagesRouter = (draft: Draft, answers: Answers, pages: string, types: boolean): void => {
  draft.create(
    `${pages}/api/ops/call-event.${types ? 'ts' : 'js'}`,
    `${NOTE}
import { createNodeProxy } from '@opsmantik/tracker/proxy/node'

// What is signed is the bytes that came in.
export const config = { api: { bodyParser: false } }

export default createNodeProxy({
${optionLines(answers)}
${ADDRESS}
})
`,
  )
  const component = reactComponent(answers).replace("'/ops/call-event'", "'/api/ops/call-event'")
  draft.create(`${pages.replace(/pages$/, '')}opsmantik.${types ? 'tsx' : 'jsx'}`, component)
  const app = draft.project.first(...['tsx', 'jsx', 'js'].map((end) => `${pages}/_app.${end}`))
  const imported = `import { Opsmantik } from '../opsmantik'`
  const byHand = `Put the component into ${pages}/_app, beside <Component>:\n    ${imported}\n    <Opsmantik />`
  if (app === undefined) draft.byHand(byHand)
  else
    draft.insert(
      app,
      (text) => {
        const found = /<Component\s[^>]*\/>/.exec(text)
        if (!found) return undefined
        const end = found.index + found[0].length
        return inOrder(
          importLine(text, imported),
          { at: found.index, text: '<><Opsmantik />' },
          { at: end, text: '</>' },
        )
      },
      byHand,
    )
}

/** Plans a route handler and a client component, for the app router or the pages router. */
export const next = (draft: Draft, answers: Answers): void => {
  const { project } = draft
  const types = project.has('tsconfig.json')
  putDependency(draft, answers)
  const app = project.first('app', 'src/app')
  if (app !== undefined) appRouter(draft, answers, app, types)
  else pagesRouter(draft, answers, project.first('src/pages') ?? 'pages', types)
  putSecret(draft, answers, '.env.local')
}
