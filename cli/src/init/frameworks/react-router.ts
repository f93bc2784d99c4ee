import type { Draft } from '../draft.js'
import { putDependency } from '../dependency.js'
import { putSecret } from '../environment.js'
import { NOTE, optionLines } from '../node-proxy-file.js'
import { importLine, inOrder, lineBefore } from '../places.js'
import type { Answers } from '../plan.js'
import { reactComponent } from '../react-component.js'

const ROUTES = '@react-router/dev/routes'

/** Plans a resource route and a component, for React Router's framework mode and for Remix. */
export const reactRouter = (draft: Draft, answers: Answers): void => {
  const { project } = draft
  const types = project.has('tsconfig.json')
  const [end, endJsx] = types ? ['ts', 'tsx'] : ['js', 'jsx']
  putDependency(draft, answers)
  // The name .server keeps the module out of what browsers load.
  draft.create(
    `app/opsmantik.server.${end}`,
    `${NOTE}
import { createProxy } from '@opsmantik/tracker/proxy'

export const proxy = createProxy({
${optionLines(answers)}
  // How many load balancers of your own append to X-Forwarded-For in front of this process.
  trustedHops: Number(process.env.OPS_TRUSTED_HOPS ?? 0),
})
`,
  )
  draft.create(
    `app/routes/ops.call-event.${end}`,
    `import { proxy } from '../opsmantik.server'

export const action = ({ request }${types ? ': { request: Request }' : ''}) => proxy(request)
`,
  )
  draft.create(`app/opsmantik.${endJsx}`, reactComponent(answers))

  const routes = project.first('app/routes.ts', 'app/routes.js')
  // Remix, and React Router with flatRoutes(), find routes by their files' names.
  if (routes !== undefined && !/\bflatRoutes\s*\(/.test(project.read(routes))) {
    const imported = `import { route as opsmantikRoute } from '${ROUTES}'`
    const entry = `opsmantikRoute('ops/call-event', 'routes/ops.call-event.${end}'),`
    draft.insert(
      routes,
      (text) => {
        const list = /export default\s*\[/.exec(text)
        if (!list) return undefined
        const at = list.index + list[0].length
        return inOrder(importLine(text, imported), { at, text: `\n  ${entry}` })
      },
      `Add the route to ${routes}:\n    ${imported}\n    ${entry}`,
    )
  }
  const root = project.first('app/root.tsx', 'app/root.jsx')
  const imported = `import { Opsmantik } from './opsmantik'`
  const byHand = `Put the component into app/root, before </body>:\n    ${imported}\n    <Opsmantik />`
  if (root === undefined) draft.byHand(byHand)
  else
    draft.insert(
      root,
      (text) => {
        const body = text.lastIndexOf('</body>')
        if (body < 0) return undefined
        return inOrder(importLine(text, imported), lineBefore(text, body, '<Opsmantik />', '  '))
      },
      byHand,
    )
  putSecret(draft, answers, '.env')
}
