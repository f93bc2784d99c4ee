/** The first 32 bits of the fractional parts of the square and cube roots of the first primes (FIPS 180-4, 4.2.2). */
const [START, ROUNDS] = ((): [number[], number[]] => {
  const fraction = (root: number): number => ((root - Math.floor(root)) * 2 ** 32) | 0
  const primes: number[] = []
  for (let n = 2; primes.length < 64; n++) if (primes.every((prime) => n % prime)) primes.push(n)
  return [
    primes.slice(0, 8).map((p) => fraction(Math.sqrt(p))),
    primes.map((p) => fraction(Math.cbrt(p))),
  ]
})()

const turn = (word: number, by: number): number => (word >>> by) | (word << (32 - by))

/** Returns the SHA-256 digest synchronously: WebCrypto is asynchronous, and jsdom does not have it. */
export const sha256 = (message: Uint8Array): Uint8Array => {
  const padded = new Uint8Array((((message.length + 8) >> 6) + 1) << 6)
  padded.set(message)
  padded[message.length] = 0x80
  const view = new DataView(padded.buffer)
  view.setUint32(padded.length - 8, Math.floor(message.length / 2 ** 29))
  view.setUint32(padded.length - 4, message.length << 3)

  const state = [...START]
  const w = new Int32Array(64)
  for (let block = 0; block < padded.length; block += 64) {
    for (let i = 0; i < 64; i++) {
      if (i < 16) {
        w[i] = view.getInt32(block + i * 4)
        continue
      }
      const [a, b] = [w[i - 15]!, w[i - 2]!]
      const small0 = turn(a, 7) ^ turn(a, 18) ^ (a >>> 3)
      const small1 = turn(b, 17) ^ turn(b, 19) ^ (b >>> 10)
      w[i] = w[i - 16]! + small0 + w[i - 7]! + small1
    }
    let [a, b, c, d, e, f, g, h] = state as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ]
    for (let i = 0; i < 64; i++) {
      const big1 = turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)
      const t1 = h + big1 + ((e & f) ^ (~e & g)) + ROUNDS[i]! + w[i]!
      const big0 = turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)
      const t2 = big0 + ((a & b) ^ (a & c) ^ (b & c))
      ;[h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) | 0, c, b, a, (t1 + t2) | 0]
    }
    ;[a, b, c, d, e, f, g, h].forEach((word, i) => (state[i] = (state[i]! + word) | 0))
  }
  const digest = new DataView(new ArrayBuffer(32))
  state.forEach((word, i) => digest.setInt32(i * 4, word))
  return new Uint8Array(digest.buffer)
}

const BLOCK = 64

/** Returns the HMAC-SHA256 (RFC 2104) of a message. */
export const hmacSha256 = (key: Uint8Array, message: Uint8Array): Uint8Array => {
  const block = new Uint8Array(BLOCK)
  block.set(key.length > BLOCK ? sha256(key) : key)
  const hash = (pad: number, bytes: Uint8Array): Uint8Array => {
    const joined = new Uint8Array(BLOCK + bytes.length)
    joined.set(block.map((byte) => byte ^ pad))
    joined.set(bytes, BLOCK)
    return sha256(joined)
  }
  return hash(0x5c, hash(0x36, message))
}
