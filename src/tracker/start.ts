import { FIELD_MAX } from '../contract/limits.js'
import { createDelivery, type Outcome, type Reason } from './delivery.js'
import { makeEvent, type Fields } from './event.js'
import { clickIds, keep, uuid } from './identity.js'
import { readIntent } from './intent.js'
import { callUrl, findFlaw, isProxied } from './mode.js'
import type { Read } from './options.js'
import { quietly } from './quietly.js'
import { sign, type Signing } from './sign.js'
import { createStore } from './storage.js'
import type { Intent } from './target.js'
import type { Tracker } from './tracker.js'
import { send } from './transport.js'
import { makeView, watchHistory } from './view.js'

/** An event and its signature. */
type Ready = [id: string, body: string, signing: Signing]

/** Milliseconds in which a second press on the same target is the same intent: a double tap, not a second call. */
const SAME_PRESS = 2_000

/**
 * Puts the parts together for the page it runs in.
 *
 * @param script where the script came from
 */
export const startTracker = (read: Read, script?: string): Tracker => {
  const url = callUrl(read, document.baseURI, script)
  let why: Reason | '' = findFlaw(read, url)
  const mode = why ? 'noop' : isProxied(read) ? 'proxy' : 'signed'
  const log = (...words: unknown[]): void => {
    // oxlint-disable-next-line no-console -- the site asked for it
    if (read('debug') != null) console.log('[opsmantik]', ...words)
  }
  log(mode, why || url)

  const siteId = read('site-id')!
  const syncUrl = read('sync-url')
  let allowed = read('consent') !== 'required'
  const isPrivate =
    (navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl &&
    read('gpc') !== 'ignore'

  // Without consent there is no storage, and the stores keep what they are given in memory. Undefined, because in the
  // script tag's sloppy mode nothing else throws when it is written to.
  const prefix = 'opsmantik:' + siteId + ':'
  const local = createStore(() => (allowed ? localStorage : undefined), prefix)
  const session = createStore(() => (allowed ? sessionStorage : undefined), prefix)
  const ads = (): Record<string, string> => (isPrivate ? {} : clickIds(session))
  const fingerprint = (): string => keep(isPrivate ? session : local, 'fp', uuid)
  /** An address without its fragment, and without its query where that may hold ad click ids of any kind. */
  const address = (href: string): string =>
    href.replace(isPrivate ? /[?#].*/ : /#.*/, '').slice(0, FIELD_MAX.intent_page_url)

  const signer = (body: string): Signing =>
    mode === 'signed' &&
    sign(siteId, read('secret')!, body, Date.now() + (session.load<number>('skew') || 0))

  const report = (outcome: Outcome): Outcome => {
    log(outcome)
    if (outcome.status === 'dropped' && syncUrl && !why) {
      const drops = local.load<Record<string, number>>('drops') || {}
      drops[outcome.reason!] = (drops[outcome.reason!] || 0) + 1
      local.save('drops', drops)
    }
    return outcome
  }

  const delivery = createDelivery(
    local,
    {
      now: Date.now,
      random: Math.random,
      // Nothing is awaited where nothing has to be signed: the request starts in the press's own task.
      send: (body, keepalive, signing = signer(body)) => send(url, body, keepalive, signing),
      correct: (serverTs) => session.save('skew', serverTs * 1000 - Date.now()),
      after: setTimeout,
      cancel: clearTimeout,
      report,
    },
    allowed,
  )

  const prepare = (intent: Intent, { click_id, value }: Fields = {}): Ready => {
    const id = uuid()
    const body = makeEvent(
      siteId,
      fingerprint(),
      id,
      intent,
      address(location.href),
      Date.now(),
      isPrivate ? {} : { ...ads(), click_id },
      value,
    )
    log(body)
    const signing = signer(body)
    // One that fails before anybody waits for it is no error of the page's.
    if (signing) signing.catch(() => {})
    return [id, body, signing]
  }

  const prepared: Record<string, Ready> = {}
  const pressed: Record<string, number> = {}
  const onPress = (event: Event): void => {
    const intent = readIntent(event, read('intents'))
    const key = JSON.stringify(intent)
    if (!intent) return
    if (event.type === 'pointerdown') prepared[key] = prepare(intent)
    else if (!(event.timeStamp - pressed[key]! < SAME_PRESS)) {
      pressed[key] = event.timeStamp
      delivery.deliver(...(prepared[key] || prepare(intent)))
      delete prepared[key]
    }
  }

  let seen = ''
  /**
   * There may be something to send, or a page to count: an address that is new, or one that is seen `again`. A
   * prerendered page waits until it is shown.
   */
  const wake = (again?: unknown): void => {
    if (why || (document as { prerendering?: boolean }).prerendering) return
    ads()
    delivery.run(allowed)
    const here = address(location.href)
    if (!syncUrl || !allowed || (here === seen && !again)) return
    const body = makeView(
      siteId,
      fingerprint(),
      session,
      here,
      address(seen || document.referrer),
      local.load<Record<string, number>>('drops') || undefined,
    )
    seen = here
    log(body)
    send(syncUrl, body, true).then(({ status }) => {
      if (status === 200) local.drop('drops')
    })
  }

  const listening = new AbortController()
  let first: ReturnType<typeof setTimeout> | undefined
  if (!why) {
    const types =
      'click auxclick submit online pageshow popstate visibilitychange prerenderingchange'
    for (const type of (types + (mode === 'signed' ? ' pointerdown' : '')).split(' '))
      addEventListener(
        type,
        (event) =>
          quietly(() =>
            // A press costs the page as little as can be: looking through the outbox is for the others.
            /cli|sub|dow/.test(event.type)
              ? onPress(event)
              : wake((event as PageTransitionEvent).persisted),
          ),
        { capture: true, signal: listening.signal },
      )
    if (syncUrl) watchHistory(wake, listening.signal)
    // In a task of its own: storage and the first request take longer than all the rest of the start.
    first = setTimeout(wake)
  }

  return {
    mode,
    async intent(action, target = '', fields) {
      const ready = !why && quietly(() => prepare({ action, target }, fields))
      return ready
        ? delivery.deliver(...ready)
        : report({ status: 'dropped', eventId: '', reason: why || 'invalid' })
    },
    page: () => wake(true),
    flush: () => wake(),
    consent(granted) {
      if (!granted) for (const store of [local, session]) store.keys().forEach(store.drop)
      allowed = granted
      wake()
    },
    destroy() {
      why = 'destroyed'
      listening.abort()
      clearTimeout(first)
      delivery.run(false)
    },
  }
}
