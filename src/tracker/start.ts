import { CALL_FIELDS } from '../contract/call-fields.js'
import { REQUESTS_MAX } from '../contract/limits.js'
import { judge } from '../contract/outcome.js'
import { SIGNED, VIEWS } from './build.js'
import { createDatabase } from './database.js'
import { createDelivery, type Outcome, type Reason } from './delivery.js'
import { makeEvent, type Fields } from './event.js'
import { clickIds, keepId } from './identity.js'
import { readIntent } from './intent.js'
import { absolute, callUrl, findFlaw, isProxied } from './mode.js'
import type { Read } from './options.js'
import { documentProperty } from './document-property.js'
import { quietly } from './quietly.js'
import { seal, unseal } from './seal.js'
import { sign, type Signing } from './sign.js'
import { createStore } from './storage.js'
import type { Intent } from './target.js'
import { timeOf } from './time-of.js'
import type { Tracker } from './tracker.js'
import { createTransport } from './transport.js'
import { uuid } from './uuid.js'
import { makeView } from './view.js'
import { watchHistory } from './watch-history.js'

/** An event that is ready to be delivered: its body, sealed, and its signature. */
type Ready = [id: string, text: string, signing: Signing]

/** A second press on the same target within this is the same intent: a double tap, not a second call. */
const SAME_PRESS_MS = 2_000
/** What was prepared at pointer-down longer ago than this is made anew: the event's time is the time of the press. */
const PREPARED_MAX_MS = 1_000
const INTENTS = 'phone whatsapp sms email form'

/**
 * Puts the parts together for the page it runs in.
 *
 * @param script where the script came from
 */
export const startTracker = (read: Read, script?: string): Tracker => {
  const url = callUrl(read, location.href, script)
  let why: Reason | '' = findFlaw(read, url)
  const mode = why ? 'noop' : isProxied(read) ? 'proxy' : 'signed'
  const log = (...words: unknown[]): void => {
    // oxlint-disable-next-line no-console -- the site asked for it
    if (read('debug') != null) console.log('[opsmantik]', ...words)
  }
  log(mode, why || url)

  const siteId = read('site-id')!
  const syncUrl = VIEWS && absolute(read('sync-url'), location.href)
  const words = read('intents')
  const intents = (words == null ? INTENTS : words).split(/[\s,]+/)
  let allowed = read('consent') !== 'required'
  const isPrivate =
    (navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl &&
    read('gpc') !== 'ignore'

  // Without consent there is no storage, and the stores keep what they are given in memory. Undefined, because in the
  // script tag's sloppy mode nothing else throws when it is written to.
  const prefix = 'opsmantik:' + siteId + ':'
  const local = createStore(() => (allowed ? localStorage : undefined), prefix)
  const session = createStore(() => (allowed ? sessionStorage : undefined), prefix)
  const database = createDatabase(prefix)
  const ads = (): Record<string, string> => (isPrivate ? {} : clickIds(session))
  const fingerprint = (): string => keepId(isPrivate ? session : local, 'fp')
  /** Returns an address without its fragment, and without its query if that may hold ad click ids of any kind. */
  const address = (href: string): string =>
    href.replace(isPrivate ? /[?#].*/ : /#.*/, '').slice(0, CALL_FIELDS.intent_page_url.max)
  const transport = createTransport(() => delivery.freed())

  const signer = (body: string): Signing =>
    SIGNED &&
    mode === 'signed' &&
    // Bitwise: whatever is in storage becomes a number.
    sign(siteId, read('secret')!, body, Date.now() / 1000 + (+session.load('skew')! | 0))

  const drops = (): Record<string, number> | undefined =>
    quietly(() => JSON.parse(unseal(local.load('drops'))))
  const report = (outcome: Outcome, fault?: string): Outcome => {
    log(outcome, fault ? 'wrong: ' + fault : '')
    if (VIEWS && syncUrl && !why)
      if (outcome.status === 'dropped') {
        const counts = drops() || {}
        counts[outcome.reason!] = (counts[outcome.reason!] || 0) + 1
        local.save('drops', seal(JSON.stringify(counts)))
      } else if (outcome.status !== 'queued') sendView(unseal(session.load('view')))
    return outcome
  }

  const delivery = createDelivery(
    local,
    (change) => (allowed ? database(change) : Promise.reject()),
    (body, keepalive, signing = signer(body)) => transport.send(url, body, keepalive, signing),
    transport.taken,
    (serverTs) => session.save('skew', '' + (serverTs - Date.now() / 1000)),
    report,
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
      isPrivate ? {} : { ...ads(), click_id },
      value,
    )
    log(body)
    const signing = signer(body)
    // One that fails before anybody waits for it is no error of the page's.
    if (signing) signing.catch(() => {})
    return [id, seal(body), signing]
  }

  let prepared: [key: string, ready: Ready] | undefined
  const pressed: Record<string, number> = {}
  const onPress = (event: Event): void => {
    const intent = readIntent(event, intents)
    const key = JSON.stringify(intent)
    if (!intent) return
    if (event.type === 'pointerdown') prepared = [key, prepare(intent)]
    else if (!(event.timeStamp - pressed[key]! < SAME_PRESS_MS)) {
      pressed[key] = event.timeStamp
      const [its, ready] = prepared || []
      prepared = undefined
      delivery.deliver(
        ...(its === key && Date.now() - timeOf(ready![0]) < PREPARED_MAX_MS
          ? ready!
          : prepare(intent)),
      )
    }
  }

  /** Sends a page view. One that is not recorded is kept, and sent again when a call has been: its session is needed. */
  const sendView = (body: string): void => {
    if (!body) return
    const isFree = transport.taken() < REQUESTS_MAX
    session.save('view', seal(body))
    if (isFree)
      transport.send(syncUrl as string, body, true).then((answer) => {
        if (judge(answer).status !== 'queued' && session.load('view') === seal(body)) {
          session.drop('view')
          local.drop('drops')
        }
      })
  }

  let seen = ''
  /**
   * There may be something to send, or a page to count: an address that is new, or one that is seen `again`. A
   * prerendered page waits until it is shown.
   */
  const look = (again?: unknown): void => {
    if (why || documentProperty('prerendering' as 'hidden')) return
    ads()
    delivery.run(allowed)
    const here = address(location.href)
    if (!VIEWS || !syncUrl || !allowed || (here === seen && !again)) return
    const body = makeView(
      siteId,
      fingerprint(),
      session,
      here,
      address(seen || documentProperty('referrer')),
      drops(),
    )
    seen = here
    log(body)
    sendView(body)
  }

  const wake = (again?: unknown): void => quietly(() => look(again))

  const listening = new AbortController()
  let first: ReturnType<typeof setTimeout> | undefined
  if (!why) {
    for (const type of 'click auxclick submit pointerdown online pageshow popstate visibilitychange prerenderingchange'.split(
      ' ',
    ))
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
    if (VIEWS && syncUrl) watchHistory(wake, listening.signal)
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
      if (!granted) {
        for (const store of [local, session]) store.keys().forEach(store.drop)
        delivery.clear()
        prepared = undefined
        quietly(() => indexedDB.deleteDatabase(prefix))
      }
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
