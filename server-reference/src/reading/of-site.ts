import type { RequestContext, Verdict } from '../http/request-context.js'
import type { Step } from '../steps/step.js'
import { storeFailed } from '../steps/unavailable.js'
import type { World } from '../world.js'
import { parametersOf } from './recorded-calls.js'
import { siteInQuery } from './site-in-query.js'

/** Answers for the site that the query names, if the token opens it. */
export const ofSite = (
  world: World,
  name: string,
  answer: (
    context: RequestContext,
    parameters: URLSearchParams,
    siteId: string | null,
  ) => Verdict | Promise<Verdict>,
): Step => ({
  name,
  section: '17',
  run: async (context) => {
    const parameters = parametersOf(context)
    try {
      const site = await siteInQuery(context, world.store, parameters.get('site') || null)
      return 'refusal' in site ? site.refusal : await answer(context, parameters, site.siteId)
    } catch (error) {
      return storeFailed(context, world.log, error)
    }
  },
})
