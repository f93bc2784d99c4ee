import { expect, test } from 'vitest'
import { controlFrame, OPCODES, readClosing, readFrame } from './frames.js'

const frame = (length: number, ...header: number[]): Buffer =>
  Buffer.concat([Buffer.from([0x81, ...header]), Buffer.alloc(length, 'x')])

test.each([
  [5, [5]],
  [300, [126, 1, 44]],
  [70_000, [127, 0, 0, 0, 0, 0, 1, 0x11, 0x70]],
])('a frame of %i bytes is read when it is whole', (length, header) => {
  const bytes = frame(length, ...header)
  expect(readFrame(bytes)).toMatchObject({ opcode: OPCODES.text, length: bytes.length })
  expect(readFrame(bytes)!.payload).toHaveLength(length)
  for (const cut of [0, 1, header.length, bytes.length - 1])
    expect(readFrame(bytes.subarray(0, cut))).toBeUndefined()
  expect(readFrame(Buffer.concat([bytes, bytes]))!.length).toBe(bytes.length)
})

test('a close frame has a code and a reason, or 1005', () => {
  expect(readClosing(Buffer.from([3, 240, 110, 111]))).toEqual({ code: 1008, reason: 'no' })
  expect(readClosing(Buffer.alloc(0))).toEqual({ code: 1005, reason: '' })
})

test('the frames of a client are masked', () => {
  expect([...controlFrame(OPCODES.close, Buffer.from([3, 232]))]).toEqual([
    0x88, 0x82, 0, 0, 0, 0, 3, 232,
  ])
})
