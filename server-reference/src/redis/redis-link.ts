/** A Redis, however it is reached: one connection, or HTTP. */
export interface RedisLink {
  /** Sends commands together. A reply each, in order; an error if any of them has one. */
  send(commands: readonly (readonly string[])[]): Promise<unknown[]>
  /** Hears what is published to a channel, from when this resolves until `close`, across interruptions. */
  subscribe(channel: string, onText: (text: string) => void): Promise<void>
  close(): Promise<void>
}
