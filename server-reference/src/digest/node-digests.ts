import { createHmac, hash } from 'node:crypto'
import type { portableDigests } from './portable-digests.js'

/** The digests of node:crypto. */
export const nodeDigests: typeof portableDigests = {
  sha256: (text) => hash('sha256', text),
  hmacSha256: (key, text) => createHmac('sha256', key).update(text).digest('hex'),
}
