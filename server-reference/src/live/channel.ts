/** Carries texts between server processes: all that listen hear each, the sender perhaps too. */
export interface Channel {
  /** As health shows it. */
  readonly kind: 'redis' | 'notify'
  /** Sends a text. Never throws: readers get lost messages from the database. */
  send(text: string): void
  listen(onText: (text: string) => void): Promise<void>
  close(): Promise<void>
}

/** The one channel of all processes. */
export const CHANNEL_NAME = 'opsmantik_live'
