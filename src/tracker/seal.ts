import { hash } from './hash.js'

/** Returns the text with a checksum in front, as it is kept in storage. */
export const seal = (text: string): string => hash(text) + text

/** Returns the text that was sealed, or empty if this is none of ours: junk, or a text that was cut or changed. */
export const unseal = (sealed: unknown): string => {
  const text = ('' + sealed).slice(6)
  return seal(text) === sealed ? text : ''
}
