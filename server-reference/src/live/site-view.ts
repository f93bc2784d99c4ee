import type { LiveMessage } from '@opsmantik/tracker/contract'
import type { CatchUp } from './catch-up.js'
import type { Feed } from './feed.js'

/**
 * Narrows the feed to one site. Refusals are left out: the site of a refused request is unverified, and the page that
 * caused it may be another customer's.
 *
 * @param siteId the site's UUID; null: everything
 */
export const viewOf = (
  feed: Feed,
  catchUp: CatchUp | undefined,
  siteId: string | null,
): { feed: Feed; catchUp: CatchUp | undefined } => {
  if (siteId === null) return { feed, catchUp }
  const isOwn = (message: LiveMessage): boolean =>
    message.type !== 'refused' && message.site_id === siteId
  return {
    feed: {
      ...feed,
      subscribe: (reader) => feed.subscribe((message) => isOwn(message) && reader(message)),
      since: (id) => feed.since(id).filter(isOwn),
    },
    catchUp:
      catchUp &&
      ((after, reader) =>
        catchUp(after, {
          ...reader,
          send: (message) =>
            isOwn(message) ? reader.send(message) : Promise.resolve(!reader.isGone()),
        })),
  }
}
