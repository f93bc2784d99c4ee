import { hash } from './hash.js'
import { quietly } from './quietly.js'

/** Returns a value as the text that is kept in storage: JSON with a checksum in front. */
export const seal = (value: unknown): string => {
  const text = JSON.stringify(value)
  return hash(text) + text
}

/** Returns the value that was sealed, or nothing if the text is not ours: junk, or a text that was cut or changed. */
export const unseal = (sealed: unknown): unknown =>
  quietly(() => {
    const value: unknown = JSON.parse((sealed as string).slice(6))
    return seal(value) === sealed && value
  })
