/** Carries texts between server processes: all that listen hear each, the sender perhaps too. */
export interface Channel {
  /** As health shows it. */
  readonly kind: 'redis' | 'notify'
  /** Never throws: readers get from the database what is lost here. */
  send(text: string): void
  listen(onText: (text: string) => void): Promise<void>
  close(): Promise<void>
}

/** The one channel of all processes. */
export const CHANNEL_NAME = 'opsmantik_live'
