import { keep, newSession, uuid } from './identity.js'
import type { Store } from './storage.js'

/**
 * The page view as it travels (contract section 10).
 *
 * @param drops how many events the tracker had to drop, by reason, since it could last say so
 */
export const makeView = (
  siteId: string,
  fingerprint: string,
  session: Store,
  url: string,
  referrer: string,
  drops: Record<string, number> | undefined,
): string => {
  const [sid, sm] = keep(session, 'sid', newSession)
  return JSON.stringify({
    s: siteId,
    u: url,
    sid,
    sm,
    ec: 'page',
    ea: 'view',
    r: referrer,
    meta: { fp: fingerprint, drops },
    event_id: uuid(),
  })
}

/**
 * Tells of each `pushState` and `replaceState`, after it has happened, until the signal says that it is enough.
 * The Navigation API would tell without a wrapper; Firefox and Safari have had it for months only.
 */
export const watchHistory = (changed: () => void, signal: AbortSignal): void =>
  (['pushState', 'replaceState'] as const).forEach((name) => {
    const native = history[name]
    const wrapped: typeof native = (...change) => {
      native.apply(history, change)
      changed()
    }
    history[name] = wrapped
    signal.addEventListener('abort', () => {
      // Who has wrapped ours in the meantime keeps it, and it says nothing any more.
      if (history[name] === wrapped) history[name] = native
    })
  })
