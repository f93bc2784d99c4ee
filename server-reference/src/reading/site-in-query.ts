import type { Answer } from '../http/answer.js'
import { refuse } from '../http/refuse.js'
import type { RequestContext } from '../http/request-context.js'
import type { Store } from '../store/store.js'

/**
 * Finds the site that is read: the one that is named, or what the token opens. A site that the token does not open is
 * the same refusal as a wrong token, whether there is such a site or not.
 */
export const siteInQuery = async (
  context: RequestContext,
  store: Pick<Store, 'resolve'>,
  named: string | null,
): Promise<{ siteId: string | null } | { refusal: Answer }> => {
  const { siteId: own } = context.opened!
  if (named === null) return { siteId: own }
  const siteId = await store.resolve(named)
  if (own !== null && siteId !== own) return { refusal: refuse(context, 'READ_TOKEN_REQUIRED') }
  if (siteId === null) return { refusal: refuse(context, 'INVALID_SITE_ID') }
  return { siteId }
}
