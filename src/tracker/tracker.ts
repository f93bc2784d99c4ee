import type { Fields } from './event.js'
import type { Outcome } from './delivery.js'
import type { Mode } from './mode.js'

/**
 * Records intents and page views. `createTracker` returns one; in the script tag it is `window.opsmantik`. No method
 * throws or rejects.
 */
export interface Tracker {
  /** The way in which events leave the page. */
  readonly mode: Mode
  /**
   * Records an intent that the page reports itself. Resolves when its first try has ended.
   *
   * @param action `phone`, `whatsapp`, `sms`, `email`, `form` or a word of the site's own, at most 32 characters
   * @param target what was pressed, normalised as in the contract, at most 512 characters
   */
  intent(action: string, target?: string, fields?: Fields): Promise<Outcome>
  /** Records a page view that the page reports itself: for changes that the address does not show. */
  page(): void
  /** Retries the queued events that are due. */
  flush(): void
  /**
   * Tells the tracker whether the visitor consents. True: stores and sends the events that waited in memory. False:
   * removes everything that the tracker has stored, and stores and sends nothing from now on. The decision is not
   * remembered across pages.
   */
  consent(granted: boolean): void
  /**
   * Tells the tracker whether this device is the site's own, of somebody whose presses and page views are not a
   * visitor's. True: they are dropped from now on, on every page of the origin, until it is called with false; events that
   * are queued already are still sent. `#opsmantik-ignore` at the end of a page's address is the same as true.
   */
  ignore(own: boolean): void
  /** Removes every listener and timer. Queued events stay on the device for the next page. */
  destroy(): void
}

/** Holds the calls that the page's stub keeps until the script has loaded. */
export interface Stub {
  mode?: undefined
  q?: [
    method: 'intent' | 'page' | 'flush' | 'consent' | 'ignore',
    words: unknown[],
    answer: (value: unknown) => void,
  ][]
}

declare global {
  interface Window {
    opsmantik?: Tracker
  }
}
