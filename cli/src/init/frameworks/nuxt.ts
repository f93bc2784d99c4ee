import type { Draft } from '../draft.js'
import { putDependency } from '../dependency.js'
import { putSecret } from '../environment.js'
import { NOTE, optionLines } from '../node-proxy-file.js'
import type { Answers } from '../plan.js'
import { PROXY_PATH } from '../tag.js'

/** Plans a server route and a client plugin; both are found by Nuxt without an entry anywhere. */
export const nuxt = (draft: Draft, answers: Answers): void => {
  putDependency(draft, answers)
  draft.create(
    'server/routes/ops/call-event.ts',
    `${NOTE}
import { createProxy } from '@opsmantik/tracker/proxy'

const proxy = createProxy({
${optionLines(answers)}
})

export default defineEventHandler((event) => proxy(toWebRequest(event), getRequestIP(event)))
`,
  )
  draft.create(
    `${draft.project.has('app') ? 'app/' : ''}plugins/opsmantik.client.ts`,
    `import { createTracker } from '@opsmantik/tracker'

export default defineNuxtPlugin(() => {
  createTracker({ siteId: '${answers.siteId}', proxyUrl: '${PROXY_PATH}' })
})
`,
  )
  putSecret(draft, answers, '.env')
}
