/**
 * Writes bytes to a server's socket and returns all that it says, one character a byte: until its response is whole, it
 * closes the connection or `ms` have passed.
 *
 * @throws Error if no connection can be made
 */
export type Converse = (url: string, bytes: string, ms: number) => Promise<string>
