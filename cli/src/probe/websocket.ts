/** The outcome of a WebSocket handshake. */
export interface Connection {
  /** 101 where it was opened, else the status that refused it. */
  status: number
  headers: Headers
  /** The body of a refusal. */
  text: string
  /** The next text message, or undefined where none comes in so many milliseconds. */
  next(ms: number): Promise<string | undefined>
  /** The code of the close frame; undefined where it stays open so many milliseconds; 1006 where the socket just ends. */
  closed(ms: number): Promise<number | undefined>
  /** Whether a ping comes within so many milliseconds. */
  pinged(ms: number): Promise<boolean>
  close(): void
}

/**
 * Opens a WebSocket with headers of one's own (`Origin` among them), which no `WebSocket` of a browser or of Node allows.
 *
 * @throws Error where no answer comes
 */
export type Connect = (url: string, headers: Record<string, string>) => Promise<Connection>
