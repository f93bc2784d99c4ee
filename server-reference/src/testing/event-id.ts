import { randomUUID } from 'node:crypto'

/** Returns a UUID of version 7 (RFC 9562) of this moment. */
export const eventIdAt = (ms: number): string => {
  const time = Math.floor(ms).toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`
}
