import { hex } from './hex.js'
import type { Store } from './storage.js'

/** A random UUID (RFC 9562, version 4). `crypto.randomUUID` does not exist on http pages; `getRandomValues` does. */
export const uuid = (): string =>
  crypto.randomUUID
    ? crypto.randomUUID()
    : hex(crypto.getRandomValues(new Uint8Array(16))).replace(
        /(.{8})(.{4}).(...).(...)/,
        '$1-$2-4$3-a$4-',
      )

/** The visitor's id: random, first-party, kept in localStorage; never derived from the device. */
export const fingerprint = (local: Store): string => {
  const key = 'opsmantik:fp'
  const id = local.load<string>(key) || uuid()
  local.save(key, id)
  return id
}

/**
 * The ad click ids that this browser session came with, the newest ad click's only. Half a click id is worth nothing,
 * so one that does not fit the contract's 256 characters is left out.
 */
export const clickIds = (session: Store): Record<string, string> => {
  const key = 'opsmantik:ad'
  const found = location.search.match(/[?&](gclid|wbraid|gbraid)=[^&]{1,256}(?=&|$)/g)
  if (found) session.save(key, found.join(''))
  return Object.fromEntries(new URLSearchParams(session.load<string>(key)))
}
