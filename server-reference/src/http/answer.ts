/** A response before an adapter turns it into node:http's or the web's. */
export interface Answer {
  status: number
  /** Names and values in turn, as node:http takes them without another copy. */
  headers: string[]
  /** Parts are written as fast as the reader takes them; the connection breaks off if one throws. */
  body: string | Uint8Array<ArrayBuffer> | AsyncIterable<string> | null
}
