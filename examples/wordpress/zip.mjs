import { crc32, deflateRawSync } from 'node:zlib'

/** 1980-01-01, the first day that the format knows: equal input makes equal bytes. */
const DAY = 0x21

/**
 * A zip archive (APPNOTE 6.3.10, 4.3.7 to 4.3.16).
 *
 * @param {{ name: string, data: Buffer }[]} files names with forward slashes
 * @returns {Buffer}
 */
export const zip = (files) => {
  const parts = []
  const directory = []
  let offset = 0
  for (const { name, data } of files) {
    const path = Buffer.from(name)
    const packed = deflateRawSync(data, { level: 9 })
    // Version 2.0, no flags, deflate, time and day, checksum, sizes, length of the name, nothing extra.
    const facts = Buffer.alloc(26)
    facts.writeUInt16LE(20, 0)
    facts.writeUInt16LE(8, 4)
    facts.writeUInt16LE(DAY, 8)
    facts.writeUInt32LE(crc32(data), 10)
    facts.writeUInt32LE(packed.length, 14)
    facts.writeUInt32LE(data.length, 18)
    facts.writeUInt16LE(path.length, 22)
    parts.push(Buffer.from('PK\x03\x04'), facts, path, packed)

    const entry = Buffer.alloc(14)
    // The Unix permissions that a web server needs: a file that everybody may read.
    entry.writeUInt32LE((0o100644 << 16) >>> 0, 6)
    entry.writeUInt32LE(offset, 10)
    // Made on Unix: 3 in the upper byte of the version that it was made by.
    directory.push(Buffer.from('PK\x01\x02\x14\x03', 'latin1'), facts, entry, path)
    offset += 30 + path.length + packed.length
  }
  const listed = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06')
  end.writeUInt16LE(files.length, 8)
  end.writeUInt16LE(files.length, 10)
  end.writeUInt32LE(listed.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...parts, listed, end])
}
