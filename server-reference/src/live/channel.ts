/** Carries texts between server processes: all that listen hear each, the sender perhaps too. */
export interface Channel {
  /** Never throws: what is lost here is a line on a console, not an event. */
  send(text: string): void
  listen(onText: (text: string) => void): Promise<void>
  close(): Promise<void>
}

/** The one channel of all processes. */
export const CHANNEL_NAME = 'opsmantik_live'
