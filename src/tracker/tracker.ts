import type { Fields } from './event.js'
import type { Outcome } from './delivery.js'
import type { Mode } from './mode.js'

/** What `createTracker` returns and `window.opsmantik` is. No method throws or rejects. */
export interface Tracker {
  /** How events leave the page. */
  readonly mode: Mode
  /**
   * Records an intent by the page's own word. Resolves when its first try has come to an end.
   *
   * @param action `phone`, `whatsapp`, `sms`, `email`, `form` or a word of the site's own, at most 32 characters
   * @param target what was pressed, normalised as in the contract, at most 512 characters
   */
  intent(action: string, target?: string, fields?: Fields): Promise<Outcome>
  /** Counts the page as seen, by the page's own word: for what the address does not show. */
  page(): void
  /** Tries again what waits and is due. */
  flush(): void
  /**
   * Says whether the visitor agrees. True: what waited in memory is stored and sent. False: everything that the tracker
   * has stored is removed, and from now on nothing is stored or sent. It is not remembered across pages.
   */
  consent(granted: boolean): void
  /** Takes every listener and timer away. What waits stays on the device for the next page. */
  destroy(): void
}

/** What the page's stub keeps until the script has loaded. */
export interface Stub {
  mode?: undefined
  q?: [
    method: 'intent' | 'page' | 'flush' | 'consent',
    words: unknown[],
    answer: (value: unknown) => void,
  ][]
}

declare global {
  interface Window {
    opsmantik?: Tracker
  }
}
