/** A command, and the key that says which node of a cluster it is for; without one, any node will do. */
export interface RedisCommand {
  key?: string
  args: readonly string[]
}

/** A Redis, however it is reached: one connection, one to each node of a cluster, or HTTP. */
export interface RedisLink {
  /** Keys of different hash tags may not be in one command. */
  readonly isCluster: boolean
  /** Returns a hash tag for each node, so that a probe can reach all of them. */
  nodeTags(): string[]
  /** Sends commands together. Returns a reply for each, in order; throws if any of them fails. */
  send(commands: readonly RedisCommand[]): Promise<unknown[]>
  /** Hears what is published to a channel, from when this resolves until `close`, across interruptions. */
  subscribe(channel: string, onText: (text: string) => void): Promise<void>
  close(): Promise<void>
}
