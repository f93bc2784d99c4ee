import { createDelivery, type Ready } from './delivery.js'
import { makeEvent, type Fields } from './event.js'
import { clickIds, fingerprint, uuid } from './identity.js'
import { readIntent } from './intent.js'
import { chooseMode } from './mode.js'
import type { Options } from './options.js'
import { createOutbox } from './outbox.js'
import { createSigner, type Signer } from './sign.js'
import { createStore } from './storage.js'
import type { Intent } from './target.js'
import type { Tracker } from './tracker.js'
import { send } from './transport.js'

/** Milliseconds in which a second press on the same target is the same intent: a double tap, not a second call. */
const SAME_PRESS = 2_000

/** Puts the parts together for the page it runs in. */
export const startTracker = (options: Options): Tracker => {
  const { siteId, secret, debug, intents } = options
  const { mode, url, why } = chooseMode(options, document.baseURI)
  const log = (...words: unknown[]): void => {
    // oxlint-disable-next-line no-console -- the site asked for it
    if (debug) console.log('[opsmantik]', ...words)
  }
  log(mode, why)

  const local = createStore(() => localStorage)
  const session = createStore(() => sessionStorage)
  const sign = mode === 'signed' && createSigner(siteId, secret!)
  const delivery = createDelivery(createOutbox(local, siteId), {
    now: Date.now,
    random: Math.random,
    // Nothing is awaited where nothing has to be signed: the request starts in the press's own task.
    send: async (body, now, keepalive, headers) =>
      send(url!, body, headers || (sign ? await sign(body, now) : {}), keepalive),
    after(ms, then) {
      const timer = setTimeout(then, ms)
      return () => clearTimeout(timer)
    },
    report: log,
  })

  const prepare = (intent: Intent, fields?: Fields): Ready => {
    const id = uuid()
    const body = makeEvent(
      siteId,
      fingerprint(local),
      id,
      intent,
      location.href,
      Date.now(),
      clickIds(session),
      fields,
    )
    log(body)
    return { id, body }
  }

  const prepared: Record<string, Ready> = {}
  const pressed: Record<string, number> = {}
  const onPress = async (event: Event): Promise<void> => {
    try {
      const intent = readIntent(event, intents)
      if (!intent) return
      const key = JSON.stringify(intent)
      const down = event.type === 'pointerdown'
      // What an earlier pointer-down left behind, because no click followed, is not of this press.
      const ready = (!down && prepared[key]) || prepare(intent)
      if (down)
        prepared[key] = { ...ready, headers: await (sign as Signer)(ready.body, Date.now()) }
      else if (!(event.timeStamp - pressed[key]! < SAME_PRESS)) {
        pressed[key] = event.timeStamp
        delete prepared[key]
        await delivery.deliver(ready)
      }
    } catch (error) {
      log(error)
    }
  }

  const listening = new AbortController()
  if (!why) {
    const on = (types: string, then: (event: Event) => unknown): void =>
      types.split(' ').forEach((type) =>
        addEventListener(type, then, {
          capture: true,
          passive: true,
          signal: listening.signal,
        }),
      )
    on('click auxclick submit' + (sign ? ' pointerdown' : ''), onPress)
    on('online pageshow visibilitychange', delivery.flush)
    clickIds(session)
    delivery.flush()
  }

  return {
    mode,
    async intent(action, target = '', fields) {
      let reason = why
      try {
        if (!why) return await delivery.deliver(prepare({ action, target }, fields))
      } catch (error) {
        reason = '' + error
      }
      return { status: 'dropped', eventId: '', reason }
    },
    flush: delivery.flush,
    destroy() {
      listening.abort()
      delivery.stop()
    },
  }
}
