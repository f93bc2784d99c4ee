import { CALL_FIELDS } from '../contract/call-fields.js'
import { REQUESTS_MAX } from '../contract/limits.js'
import { judge } from '../contract/outcome.js'
import { SIGNED, VIEWS } from '../contract/build.js'
import { createDatabase } from './database.js'
import { createDelivery, type Outcome, type Reason } from './delivery.js'
import { makeEvent, type Fields } from './event.js'
import { clickIds, keepId } from './identity.js'
import { readIntent } from './intent.js'
import { absolute, chooseMode } from './mode.js'
import type { Read } from './options.js'
import { documentProperty } from './document-property.js'
import { quietly } from './quietly.js'
import { sign, type Signing } from './sign.js'
import { createStore } from './storage.js'
import type { Intent } from './target.js'
import { timeOf } from './time-of.js'
import type { Tracker } from './tracker.js'
import { createTransport } from './transport.js'
import { uuid } from './uuid.js'
import { makeView } from './view.js'
import { watchHistory } from './watch-history.js'

/** An event that is ready to be delivered: its body and its signature. */
type Ready = [id: string, text: string, signing: Signing]

/** Milliseconds within which a second press on the same target is the same intent: a double tap, not a second call. */
const SAME_PRESS_MS = 2_000
/** Milliseconds after which an event prepared at pointer-down is made anew: its time is the time of the press. */
const PREPARED_MAX_MS = 1_000
/** The fragment of an address that does what `ignore(true)` does; also the key of what it stores. */
const IGNORE = 'opsmantik-ignore'
const INTENTS = 'phone whatsapp sms email form'

/**
 * Creates and connects the tracker's parts for the current page.
 *
 * @param script URL of the script, if the tracker runs as a script tag
 */
export const startTracker = (read: Read, script?: string): Tracker => {
  const [mode, url, flaw] = chooseMode(read, location.href, script)
  let why: Reason | '' = flaw
  const log = (...words: unknown[]): void => {
    // oxlint-disable-next-line no-console -- the site asked for it
    if (read('debug') != null) console.log('[opsmantik]', ...words)
  }
  log(mode, why || url)
  /** Says that a field is not in the body, because the contract does not allow what it was given. */
  const omit = (name: string, given: unknown): undefined => {
    if (given != null) log(name, given, 'omitted, see docs/it-does-not-work.md')
  }

  const siteId = read('site-id')!
  const syncUrl = VIEWS && absolute(read('sync-url'), location.href)
  const intents = (read('intents') ?? INTENTS).split(/[\s,]+/)
  let allowed = read('consent') !== 'required'
  const isPrivate =
    (navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl &&
    read('gpc') !== 'ignore'

  // Without consent there is no storage, and the stores keep values in memory. Undefined, because in the script tag's
  // sloppy mode nothing else throws when it is written to.
  const prefix = 'opsmantik:' + siteId + ':'
  const local = createStore(() => (allowed ? localStorage : undefined), prefix)
  const session = createStore(() => (allowed ? sessionStorage : undefined), prefix)
  // A store of its own: consent is not asked for what the person asked for, and its withdrawal does not remove it.
  const own = createStore(() => localStorage, '')
  let fragment: string
  /** Returns why presses on this device do not count, if so. The address says it once, not until it changes. */
  const isOwn = (): 'ignored' | '' => {
    if (fragment !== (fragment = location.hash) && fragment === '#' + IGNORE) own.save(IGNORE, 1)
    return own.load(IGNORE) ? 'ignored' : ''
  }
  const ads = (): object | undefined => (isPrivate ? undefined : clickIds(session, omit))
  const fingerprint = (): string => keepId(isPrivate ? session : local, 'fp')
  /** Returns an address without its fragment, and without its query if that may hold ad click ids of any kind. */
  const address = (href: string): string =>
    href.replace(isPrivate ? /[?#].*/ : /#.*/, '').slice(0, CALL_FIELDS.intent_page_url.max)

  const signer = (body: string): Signing =>
    SIGNED &&
    mode === 'signed' &&
    sign(siteId, read('secret')!, body, Date.now() / 1000 + ((session.load('skew') as number) || 0))

  const [send, taken] = createTransport(url, signer)

  let unsent = ''
  /** Sends the page view that was not recorded yet: again when a call has been, because its session is needed. */
  const sendView = async (): Promise<void> => {
    const body = unsent
    if (
      body &&
      taken() < REQUESTS_MAX &&
      judge(...(await send(body, true, false, syncUrl as string))).status !== 'queued' &&
      body === unsent
    ) {
      unsent = ''
      local.save('drops')
    }
  }

  const report = (outcome: Outcome, fault?: string): Outcome => {
    log(
      outcome,
      outcome.reason && fault ? 'wrong: ' + fault + ', see docs/it-does-not-work.md' : '',
    )
    if (VIEWS && syncUrl && !why && !isOwn())
      if (outcome.status === 'dropped') {
        const drops = (local.load('drops') || {}) as Record<string, number>
        drops[outcome.reason!] = (drops[outcome.reason!] || 0) + 1
        local.save('drops', drops)
      } else if (outcome.status !== 'queued') void sendView()
    return outcome
  }

  const [deliver, flush] = createDelivery(
    local,
    createDatabase(prefix),
    send,
    taken,
    session,
    report,
    () => allowed && !why,
  )

  const record = async (make: () => Ready): Promise<Outcome> => {
    const reason = why || isOwn()
    const ready = !reason && quietly(make)
    return ready
      ? deliver(...ready)
      : report({ status: 'dropped', eventId: '', reason: reason || 'invalid' })
  }

  const prepare = (intent: Intent, { click_id, value }: Fields = {}): Ready => {
    const id = uuid()
    const body = makeEvent(
      {
        site_id: siteId,
        fingerprint: fingerprint(),
        event_id: id,
        intent_page_url: address(location.href),
        ...ads(),
      },
      intent,
      omit,
      isPrivate ? null : click_id,
      value,
    )
    log(body)
    const signing = signer(body)
    // A signature that fails before it is awaited must not become an unhandled rejection of the page.
    if (signing) signing.catch(() => {})
    return [id, body, signing]
  }

  /** Events by intent: the prepared ones, and the delivered ones. */
  const prepared: Record<string, Ready> = {}
  const pressed: Record<string, Ready> = {}
  const isOf = (ms: number, ready?: Ready): boolean | undefined =>
    ready && Math.abs(Date.now() - timeOf(ready[0])) < ms
  const press = (event: Event): void =>
    quietly(() => {
      const intent = readIntent(event, intents)
      const key = JSON.stringify(intent)
      if (!intent) return
      if (event.type === 'pointerdown') prepared[key] = prepare(intent)
      else if (!isOf(SAME_PRESS_MS, pressed[key]))
        void record(
          () =>
            (pressed[key] = isOf(PREPARED_MAX_MS, prepared[key])
              ? prepared[key]!
              : prepare(intent)),
        )
    })

  let seen = ''
  /**
   * Sends waiting events, and records a page view if the address is new or is seen `again`. A prerendered page waits
   * until it is shown.
   */
  const wake = (again?: unknown): void =>
    quietly(() => {
      if (why || documentProperty('prerendering' as 'hidden')) return
      ads()
      flush()
      if (isOwn()) return log('ignored')
      const here = address(location.href)
      if (!VIEWS || !syncUrl || !allowed || (here === seen && !again)) return
      unsent = makeView(
        siteId,
        fingerprint(),
        session,
        here,
        address(seen || documentProperty('referrer')),
        local.load('drops'),
      )
      seen = here
      log(unsent)
      void sendView()
    })

  const listening = new AbortController()
  if (!why) {
    for (const type of (
      'click auxclick submit pointerdown prerenderingchange popstate' + (VIEWS ? ' pageshow' : '')
    ).split(' '))
      addEventListener(
        type,
        // A press must cost the page as little as possible, so only events that are not on an element look through the
        // outbox.
        (event) =>
          event.composedPath()[2] ? press(event) : wake((event as PageTransitionEvent).persisted),
        { capture: true, signal: listening.signal },
      )
    if (VIEWS && syncUrl) watchHistory(wake, listening.signal)
    // In a separate task: storage and the first request take longer than all the rest of the start.
    setTimeout(wake)
  }

  return {
    mode,
    intent: (action, target = '', fields) => record(() => prepare({ action, target }, fields)),
    page: () => wake(true),
    flush: () => wake(),
    consent(granted) {
      if (!granted) {
        for (const store of [local, session]) for (const key of store.keys()) store.save(key)
        quietly(() => indexedDB.deleteDatabase(prefix))
      }
      allowed = granted
      wake()
    },
    ignore(is) {
      isOwn()
      own.save(IGNORE, is)
      wake()
    },
    destroy() {
      why = 'destroyed'
      listening.abort()
      flush()
    },
  }
}
