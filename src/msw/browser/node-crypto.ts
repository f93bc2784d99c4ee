// What the reference server takes from `node:crypto`, where there is no Node: rollup puts this in its place. Only
// SHA-256, and not in constant time: nobody attacks a test.
import { toHex, utf8 } from './bytes.js'
import { hmacSha256, sha256 } from './sha256.js'

interface Digest {
  update(text: string): Digest
  digest(): Uint8Array
}

const collect = (finish: (text: string) => Uint8Array, before = ''): Digest => ({
  update: (text) => collect(finish, before + text),
  digest: () => finish(before),
})

export const createHash = (): Digest => collect((text) => sha256(utf8(text)))

export const createHmac = (_algorithm: string, key: string): Digest =>
  collect((text) => hmacSha256(utf8(key), utf8(text)))

export const hash = (_algorithm: string, text: string): string => toHex(sha256(utf8(text)))

export const timingSafeEqual = (a: Uint8Array, b: Uint8Array): boolean => toHex(a) === toHex(b)

export const randomUUID = (): string => crypto.randomUUID()
