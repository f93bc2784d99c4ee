/** Opcodes of RFC 6455, 11.8. */
export const OPCODES = { text: 1, close: 8, ping: 9, pong: 10 } as const

export interface Frame {
  opcode: number
  payload: Buffer
  /** Bytes in the stream. */
  length: number
}

/** Returns the first frame of the bytes, or undefined while it is not whole (RFC 6455, 5.2). Servers do not mask. */
export const readFrame = (bytes: Buffer): Frame | undefined => {
  if (bytes.length < 2) return undefined
  const short = bytes[1]! & 127
  const header = short === 126 ? 4 : short === 127 ? 10 : 2
  if (bytes.length < header) return undefined
  const size =
    short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short
  if (bytes.length < header + size) return undefined
  return {
    opcode: bytes[0]! & 15,
    payload: bytes.subarray(header, header + size),
    length: header + size,
  }
}

/** Returns a short frame of a client, which has to be masked; zeros are a mask. */
export const controlFrame = (opcode: number, payload: Buffer): Buffer =>
  Buffer.concat([Buffer.from([128 | opcode, 128 | payload.length, 0, 0, 0, 0]), payload])

/** Why a WebSocket ended. */
export interface Closing {
  code: number
  reason: string
}

/** A connection that ended without a close frame (RFC 6455, 7.1.5). */
export const ABNORMAL: Closing = { code: 1006, reason: '' }

/** Reads the payload of a close frame; one without a code counts as 1005 (RFC 6455, 7.1.5). */
export const readClosing = (payload: Buffer): Closing =>
  payload.length < 2
    ? { code: 1005, reason: '' }
    : { code: payload.readUInt16BE(0), reason: payload.subarray(2).toString() }
